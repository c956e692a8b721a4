import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  FilterParser,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts'

export type { Filter } from 'ldapts'

/**
 * Filters are built, never written as text: values go over the wire as counted bytes (RFC 4511 section 4.5.1.7), so
 * nothing in them can be taken for syntax. RFC 4515 text is read once, from the operator's own configuration.
 */
export const equals = (attribute: string, value: string | Buffer): Filter =>
  new EqualityFilter({ attribute, value })

export const startsWith = (attribute: string, initial: string): Filter =>
  new SubstringFilter({ attribute, initial })

/** Every bit of `bits` is set (LDAP_MATCHING_RULE_BIT_AND, MS-ADTS 3.1.1.3.4.4.1). */
export const hasBits = (attribute: string, bits: number): Filter =>
  new ExtensibleFilter({ matchType: attribute, rule: '1.2.840.113556.1.4.803', value: String(bits) })

export const present = (attribute: string): Filter => new PresenceFilter({ attribute })

export const and = (...filters: readonly Filter[]): Filter => new AndFilter({ filters: [...filters] })

export const not = (filter: Filter): Filter => new NotFilter({ filter })

/** At least one filter, else it would match nothing on one server and be refused by another (RFC 4526). */
export const or = (filters: readonly Filter[]): Filter => new OrFilter({ filters: [...filters] })

/** Throws where the operator's text is no filter. */
export const parseFilter = (text: string): Filter => FilterParser.parseString(text)
