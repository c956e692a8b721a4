import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AES_256_GCM, HpkeError, hpkeOpen, hpkeSeal, hpkeSealWith } from './hpke.ts'
import { newSecretHalves, ownKeys, theirKeys } from './key-pair.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const half = (text: string): string => hex(text).toString('base64url')
const text = (words: string): Buffer => Buffer.from(words)

/** The X25519 half alone matters here. */
const own = (seal: string) => ownKeys({ ...newSecretHalves(), seal })

/** RFC 9180, appendices A.1.1.1 and A.2.1.1, sequence number 0. */
const VECTORS = [
  {
    aead: { id: 1, cipher: 'aes-128-gcm', keyBytes: 16 },
    ephemeral: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
    enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
    receiver: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
    body: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  },
  {
    aead: { id: 3, cipher: 'chacha20-poly1305', keyBytes: 32 },
    ephemeral: 'f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600',
    enc: '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a',
    receiver: '8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb',
    body: '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
  },
] as const

test.each(VECTORS)('vectors of RFC 9180 with X25519: $aead.cipher', vector => {
  const bound = { info: text('Ode on a Grecian Urn'), associated: text('Count-0') }
  const plain = text('Beauty is truth, truth beauty')
  const receiver = own(half(vector.receiver))
  const to = theirKeys(receiver.public).seal
  const sealed = hpkeSealWith(vector.aead, own(half(vector.ephemeral)).seal, to, bound, plain)
  expect(Buffer.from(sealed.enc).toString('hex')).toBe(vector.enc)
  expect(Buffer.from(sealed.body).toString('hex')).toBe(vector.body)
  expect(hpkeOpen(receiver.seal, bound, sealed, vector.aead)).toEqual(plain)
})

const bytes = fc.uint8Array({ maxLength: 300 })
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
})
/** The oracle wants buffers of their own, not windows into one. */
const buffer = (part: Uint8Array): ArrayBuffer => Uint8Array.from(part).buffer
const raw = (key: string): ArrayBuffer => buffer(Buffer.from(key, 'base64url'))

test('another implementation of the suite opens what is sealed here, and seals what opens here', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, bytes, bytes, async (info, associated, plain) => {
      const secret = newSecretHalves()
      const keys = ownKeys(secret)
      const bound = { info, associated }
      const recipientKey = await suite.kem.importKey('raw', raw(secret.seal), false)
      const recipientPublicKey = await suite.kem.importKey('raw', raw(keys.public.seal), true)

      const ours = hpkeSeal(theirKeys(keys.public).seal, bound, plain)
      const theirs = await suite.seal(
        { recipientPublicKey, info: buffer(info) },
        buffer(plain),
        buffer(associated),
      )
      const opened = await suite.open(
        { recipientKey, enc: buffer(ours.enc), info: buffer(info) },
        buffer(ours.body),
        buffer(associated),
      )
      expect(new Uint8Array(opened)).toEqual(plain)
      const sealed = { enc: new Uint8Array(theirs.enc), body: new Uint8Array(theirs.ct) }
      expect(new Uint8Array(hpkeOpen(keys.seal, bound, sealed))).toEqual(plain)
    }),
    { numRuns: 60 },
  )
})

test('only the same info, associated data, key and every bit as sealed opens', () => {
  const keys = ownKeys(newSecretHalves())
  const to = theirKeys(keys.public).seal
  fc.assert(
    fc.property(bytes, bytes, bytes, fc.nat(), bytes, (info, associated, plain, at, other) => {
      const bound = { info, associated }
      const sealed = hpkeSeal(to, bound, plain)
      expect(new Uint8Array(hpkeOpen(keys.seal, bound, sealed))).toEqual(plain)
      const opens = (over: object) => () => hpkeOpen(keys.seal, { ...bound, ...over }, { ...sealed, ...over })
      if (!Buffer.from(other).equals(associated)) expect(opens({ associated: other })).toThrow(HpkeError)
      if (!Buffer.from(other).equals(info)) expect(opens({ info: other })).toThrow(HpkeError)
      expect(opens({ body: flipped(sealed.body, at) })).toThrow(HpkeError)
      expect(opens({ body: sealed.body.subarray(0, at % sealed.body.length) })).toThrow(HpkeError)
      expect(opens({ enc: flipped(sealed.enc, at % 255) })).toThrow(HpkeError)
    }),
    { numRuns: 60 },
  )
})

/** The highest bit of an X25519 key is not looked at (RFC 7748 section 5), so `enc` has 255 that count. */
function flipped(all: Uint8Array, bit: number): Uint8Array {
  const at = bit % (all.length * 8)
  return all.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte))
}

test('keys of small order and wrong lengths are refused as everything else is', () => {
  const keys = ownKeys(newSecretHalves())
  const bound = { info: text(''), associated: text('') }
  const sealed = hpkeSeal(theirKeys(keys.public).seal, bound, text('text'))
  for (const enc of ['00'.repeat(32), `01${'00'.repeat(31)}`, '', '00'.repeat(31), '00'.repeat(33)])
    expect(() => hpkeOpen(keys.seal, bound, { ...sealed, enc: hex(enc) }), enc).toThrow(HpkeError)
  const smallOrder = theirKeys({ ...keys.public, seal: half('00'.repeat(32)) }).seal
  expect(() => hpkeSeal(smallOrder, bound, text('x'))).toThrow()
})

test('the same text is sealed anew each time, and shows nothing of itself', () => {
  const keys = ownKeys(newSecretHalves())
  const bound = { info: text('i'), associated: text('a') }
  const sealed = [1, 2].map(() => hpkeSeal(theirKeys(keys.public).seal, bound, text('a secret word')))
  expect(sealed[0]?.body).not.toEqual(sealed[1]?.body)
  expect(Buffer.from(sealed[0]?.body ?? []).includes('secret')).toBe(false)
  expect(AES_256_GCM.id).toBe(2)
})
