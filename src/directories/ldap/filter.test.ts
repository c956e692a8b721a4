import fc from 'fast-check'
import { BerReader, BerWriter } from 'ldapts'
import { expect, test } from 'vitest'
import { and, equals, type Filter, hasBits, not, or, parseFilter, startsWith } from './filter.ts'

const written = (filter: Filter): Buffer => {
  const writer = new BerWriter()
  filter.write(writer)
  return writer.buffer
}

/** The only value in an equality filter on the wire. */
function valueIn(bytes: Buffer): Buffer | null {
  const reader = new BerReader(bytes)
  expect(reader.readSequence()).toBe(0xa3)
  expect(reader.offset + reader.length).toBe(bytes.length)
  expect(reader.readString()).toBe('uid')
  const value = reader.readString(0x04, true)
  expect(reader.remain).toBe(0)
  return value
}

test('every byte arrives as itself and as nothing else (RFC 4515, DIR-01)', () => {
  for (let byte = 0; byte < 256; byte++)
    for (const around of ['', 'a', '*', '\\', ')(uid=*'])
      expect(
        valueIn(written(equals('uid', Buffer.concat([Buffer.from(around), Buffer.from([byte])])))),
      ).toEqual(Buffer.concat([Buffer.from(around), Buffer.from([byte])]))
})

test('any text is one value of one equality', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), text => {
      expect(valueIn(written(equals('uid', text)))?.toString('utf8')).toBe(Buffer.from(text).toString('utf8'))
    }),
  )
})

test('text in a combination cannot leave its place', () => {
  const syntax = fc.string({
    unit: fc.constantFrom('*', '(', ')', '\\', '&', '|', '!', '=', '\0', '2a', 'a'),
  })
  fc.assert(
    fc.property(syntax, syntax, (one, two) => {
      const bytes = written(
        and(or([equals('uid', one), startsWith('cn', two || 'x')]), not(equals('uid', two))),
      )
      expect(count(bytes, 0xa3)).toBe(2)
      expect(bytes.includes(Buffer.from(one))).toBe(true)
    }),
  )
})

/** How often a tag stands at the head of a filter, walking the tree. */
function count(bytes: Buffer, wanted: number): number {
  const reader = new BerReader(bytes)
  let found = 0
  while (reader.remain > 0) {
    const tag = reader.readSequence()
    if (tag === wanted) found++
    const isTree = tag !== null && [0xa0, 0xa1, 0xa2].includes(tag)
    if (!isTree) reader.offset += reader.length
  }
  return found
}

test("the operator's own filter is read once, and a broken one stops the start", () => {
  expect(
    written(parseFilter('(!(employeeType=robot))')).equals(written(not(equals('employeeType', 'robot')))),
  ).toBe(true)
  expect(() => parseFilter('(uid=')).toThrow()
  expect(hasBits('groupType', 0x8000_0000).toString()).toBe('(groupType:1.2.840.113556.1.4.803:=2147483648)')
})
