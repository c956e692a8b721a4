import fc from 'fast-check'
import { expect, test } from 'vitest'
import { guidBytes, guidText, sidBytes, sidText } from './binary-ids.ts'

test('a GUID is written as Windows writes it', () => {
  const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  expect(guidText(bytes)).toBe('33221100-5544-7766-8899-aabbccddeeff')
  expect(guidText(bytes.subarray(1))).toBeNull()
  expect(guidText(undefined)).toBeNull()
  for (const text of [
    '',
    '*',
    '33221100-5544-7766-8899-aabbccddeef',
    '33221100-5544-7766-8899-aabbccddeeffx',
  ])
    expect(guidBytes(text)).toBeNull()
})

test('GUIDs and SIDs come back as they went', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      expect(guidBytes(guidText(Buffer.from(bytes)) ?? '')).toEqual(Buffer.from(bytes))
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 15 }), subs => {
      const text = ['S-1-5', ...subs].join('-')
      expect(sidText(sidBytes(text) ?? undefined)).toBe(text)
    }),
  )
})

test('what is no SID is none', () => {
  expect(sidText(Buffer.from('010500000000000515000000', 'hex'))).toBeNull()
  expect(sidText(Buffer.alloc(0))).toBeNull()
  for (const text of ['', 'S-1-5', 'S-1-5-4294967296', 'S-1-5-21-x', 'Administrators'])
    expect(sidBytes(text)).toBeNull()
  expect(sidBytes('S-1-5-32-544')?.toString('hex')).toBe('01020000000000052000000020020000')
})
