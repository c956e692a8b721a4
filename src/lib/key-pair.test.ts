import { expect, test } from 'vitest'
import {
  fingerprintOf,
  isFingerprintOf,
  isSignedBy,
  keyIdOf,
  newSecretHalves,
  ownKeys,
  signBytes,
  theirKeys,
} from './key-pair.ts'

const fromHex = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')

/** RFC 8032 section 7.1, test 2; RFC 9180 appendix A.1.1, the recipient. */
const SECRET = {
  sign: fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  seal: fromHex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
}
const PUBLIC = {
  sign: fromHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  seal: fromHex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
}
const SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'

test('public halves and signatures are those of the RFCs', () => {
  const keys = ownKeys(SECRET)
  expect(keys.public).toEqual(PUBLIC)
  expect(signBytes(keys, Buffer.from('72', 'hex')).toString('hex')).toBe(SIGNATURE)
})

test('a signature is of one text by one key', () => {
  const [keys, others] = [ownKeys(newSecretHalves()), ownKeys(newSecretHalves())]
  const signature = signBytes(keys, Buffer.from('text'))
  const signed = (halves: typeof PUBLIC, text: string, by = signature) =>
    isSignedBy(theirKeys(halves), Buffer.from(text), by)
  expect(signed(keys.public, 'text')).toBe(true)
  expect(signed(keys.public, 'text ')).toBe(false)
  expect(signed(others.public, 'text')).toBe(false)
  for (const wrong of [
    Buffer.alloc(0),
    Buffer.alloc(64),
    signature.subarray(1),
    Buffer.concat([signature, signature]),
  ])
    expect(signed(keys.public, 'text', wrong)).toBe(false)
})

test('new halves are new each time, and what is no half is refused', () => {
  const [one, two] = [newSecretHalves(), newSecretHalves()]
  expect(new Set([one.sign, one.seal, two.sign, two.seal]).size).toBe(4)
  for (const half of [
    '',
    'AAAA',
    `${one.sign}A`,
    one.sign.slice(1),
    `${one.sign}=`,
    `${one.sign.slice(0, -1)}!`,
  ]) {
    expect(() => ownKeys({ ...one, sign: half }), half).toThrow('no half of a key pair')
    expect(() => ownKeys({ ...one, seal: half }), half).toThrow('no half of a key pair')
    expect(() => theirKeys({ ...PUBLIC, sign: half }), half).toThrow('no half of a key pair')
    expect(() => keyIdOf({ ...PUBLIC, seal: half }), half).toThrow('no half of a key pair')
  }
})

test('id and fingerprint are of both halves', () => {
  const other = ownKeys(newSecretHalves()).public
  const mixed = [PUBLIC, { ...PUBLIC, sign: other.sign }, { ...PUBLIC, seal: other.seal }]
  expect(new Set(mixed.map(keyIdOf)).size).toBe(3)
  expect(new Set(mixed.map(fingerprintOf)).size).toBe(3)
  expect(keyIdOf(PUBLIC)).toMatch(/^[\w-]{22}$/)
})

test('a fingerprint can be read aloud, and typed as one likes, but whole', () => {
  const shown = fingerprintOf(PUBLIC)
  expect(shown).toMatch(/^([A-Z2-7]{4}-){6}[A-Z2-7]{4}$/)
  for (const typed of [
    shown,
    shown.toLowerCase(),
    shown.replaceAll('-', ' '),
    ` ${shown.replaceAll('-', '')}\n`,
  ])
    expect(isFingerprintOf(typed, PUBLIC), typed).toBe(true)
  for (const typed of [
    '',
    shown.slice(0, -1),
    `${shown}A`,
    shown.slice(0, 4),
    fingerprintOf({ ...PUBLIC, sign: PUBLIC.seal }),
  ])
    expect(isFingerprintOf(typed, PUBLIC), typed).toBe(false)
})
