import { and, equals } from './filter.ts'

/** Persons, and no computers, contacts, trusts or managed service accounts. */
export const adPeople = and(equals('objectCategory', 'person'), equals('objectClass', 'user'))
