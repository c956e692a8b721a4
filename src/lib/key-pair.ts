import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { BASE32 } from './random.ts'

/** Halves of two pairs, Ed25519 (RFC 8032) and X25519 (RFC 7748), each base64url of its raw 32 bytes. */
export type Halves = { readonly sign: string; readonly seal: string }

/** Loaded once, since each load costs more than a signature. `public` are the halves that others get. */
export type OwnKeys = { readonly sign: KeyObject; readonly seal: KeyObject; readonly public: Halves }
export type TheirKeys = { readonly sign: KeyObject; readonly seal: KeyObject }

const RAW_BYTES = 32

/** RFC 8410 sections 4 and 7: what stands before the raw bytes of a key. */
const PREFIX = {
  sign: { pkcs8: '302e020100300506032b657004220420', spki: '302a300506032b6570032100' },
  seal: { pkcs8: '302e020100300506032b656e04220420', spki: '302a300506032b656e032100' },
} as const
type Use = keyof typeof PREFIX

/** Fresh secret halves, to be kept sealed or in a file for its owner alone. */
export const newSecretHalves = (): Halves => ({
  sign: rawOf(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })),
  seal: rawOf(generateKeyPairSync('x25519').privateKey.export({ format: 'der', type: 'pkcs8' })),
})

/** Throws where a half is not 32 bytes in base64url. */
export function ownKeys(secret: Halves): OwnKeys {
  const keys = { sign: privateKey('sign', secret.sign), seal: privateKey('seal', secret.seal) }
  return { ...keys, public: { sign: publicHalf(keys.sign), seal: publicHalf(keys.seal) } }
}

/** Throws where a half is not 32 bytes in base64url. */
export const theirKeys = (halves: Halves): TheirKeys => ({
  sign: publicKey('sign', halves.sign),
  seal: publicKey('seal', halves.seal),
})

/** Ed25519, 64 bytes. */
export const signBytes = (keys: OwnKeys, bytes: Uint8Array): Buffer => sign(null, bytes, keys.sign)

export const isSignedBy = (keys: TheirKeys, bytes: Uint8Array, signature: Uint8Array): boolean =>
  signature.length === 64 && verify(null, bytes, keys.sign, signature)

/** 128 bits of a digest of both public halves: names the pair, and no other pair can have it. */
export const keyIdOf = (halves: Halves): string =>
  digestOf('id', halves).subarray(0, 16).toString('base64url')

/** 140 bits in seven groups of four letters and digits (base32, RFC 4648) that can be read aloud. */
export function fingerprintOf(halves: Halves): string {
  const bits = [...digestOf('fingerprint', halves)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const letters = Array.from({ length: 28 }, (_, at) =>
    BASE32.charAt(Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)),
  ).join('')
  return (letters.match(/.{4}/g) ?? []).join('-')
}

/** As typed by a person: case, blanks and hyphens do not matter; nothing may be left out. */
export const isFingerprintOf = (typed: string, halves: Halves): boolean =>
  plain(typed) === plain(fingerprintOf(halves))

const plain = (typed: string): string => typed.replace(/[\s-]/g, '').toUpperCase()

const digestOf = (purpose: string, { sign, seal }: Halves): Buffer =>
  createHash('sha256')
    .update(`postern agent key ${purpose}\0`)
    .update(rawHalf(sign))
    .update(rawHalf(seal))
    .digest()

function rawHalf(half: string): Buffer {
  const raw = Buffer.from(half, 'base64url')
  if (raw.length !== RAW_BYTES || raw.toString('base64url') !== half)
    throw new Error('this is no half of a key pair: 32 bytes in base64url are')
  return raw
}

const privateKey = (use: Use, half: string): KeyObject =>
  createPrivateKey({ key: withPrefix(PREFIX[use].pkcs8, half), format: 'der', type: 'pkcs8' })

const publicKey = (use: Use, half: string): KeyObject =>
  createPublicKey({ key: withPrefix(PREFIX[use].spki, half), format: 'der', type: 'spki' })

const withPrefix = (hex: string, half: string): Buffer =>
  Buffer.concat([Buffer.from(hex, 'hex'), rawHalf(half)])

const publicHalf = (key: KeyObject): string =>
  rawOf(createPublicKey(key).export({ format: 'der', type: 'spki' }))

const rawOf = (der: Buffer): string => der.subarray(-RAW_BYTES).toString('base64url')
