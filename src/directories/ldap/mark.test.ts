import { expect, test } from 'vitest'
import { readMark, settleMarks } from './mark.ts'

const OLD = {
  server: 'ldaps://a',
  changed: '20260101000000Z',
  last: '20260101000000.1Z#',
  byAnother: false,
  noted: true,
}
const NEW = { ...OLD, changed: '20260102000000Z', last: '20260102000000.5Z#' }
const settle = (before: object, after: object): string =>
  settleMarks(JSON.stringify(before), JSON.stringify(after))

test('a later date of the password is a change, the same one is none', () => {
  expect(settle(OLD, NEW)).toBe('changed')
  expect(settle(OLD, OLD)).toBe('unchanged')
  expect(settle({ ...OLD, changed: '' }, NEW)).toBe('changed')
})

test('a change of something else is no change of the password', () => {
  expect(settle(OLD, { ...OLD, last: '20260105000000.5Z#', byAnother: true })).toBe('unchanged')
  expect(settle({ ...OLD, changed: '' }, { ...OLD, changed: '', last: 'later' })).toBe('unchanged')
})

test('where the server notes no changes of passwords, another change of the entry leaves it open', () => {
  const untold = { ...OLD, changed: '', noted: false }
  expect(settle(untold, { ...untold, last: 'later' })).toBe('unknown')
  expect(settle(untold, untold)).toBe('unchanged')
})

test('a password that another set in the same moment leaves it open', () => {
  expect(settle(OLD, { ...NEW, byAnother: true })).toBe('unknown')
  // A wrong password is noted later by the server itself, and says nothing about who set the right one.
  expect(settle(OLD, { ...NEW, last: '20260102000009.5Z#', byAnother: true })).toBe('changed')
})

test('marks of two servers, and what is no mark, are never compared', () => {
  expect(settle(OLD, { ...NEW, server: 'ldaps://b' })).toBe('unknown')
  for (const mark of ['', 'null', '[]', '{"server":1}', '{"server":"a","changed":"b"}', '"x"']) {
    expect(readMark(mark)).toBeNull()
    expect(settleMarks(mark, JSON.stringify(NEW))).toBe('unknown')
  }
})
