// An authenticator in software (WebAuthn Level 3, section 6): one discoverable credential, and every lie that an attacker's own
// could tell. Written from the specification, so that the package under test is held against something else.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { Assertion, Attestation, PasskeyCreation, PasskeyPrompt } from '../src/method.ts'

export type Algorithm = 'ES256' | 'EdDSA' | 'RS256'

/** What it says other than it should. */
export type Lie = {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly user?: string | undefined
  readonly counter?: number
  readonly flags?: number
  readonly id?: string
  /** More authenticator data than there should be. */
  readonly more?: Buffer
}

export type Authenticator = {
  readonly id: string
  register(options: PasskeyCreation, origin: string, lie?: Lie): Attestation
  assert(options: PasskeyPrompt['options'], origin: string, lie?: Lie): Assertion
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

/** `counts`: most synced passkeys do not. */
export function createAuthenticator(algorithm: Algorithm = 'ES256', counts = true): Authenticator {
  const id = randomBytes(32)
  const { privateKey, publicKey } = newKeys(algorithm)
  let handle = ''
  let uses = 0
  const text = id.toString('base64url')
  return {
    id: text,
    register(options, origin, lie = {}) {
      handle = options.user.id
      const length = Buffer.from([id.length >> 8, id.length & 255])
      const credential = Buffer.concat([Buffer.alloc(16), length, id, coseOf(publicKey, algorithm)])
      const flags = lie.flags ?? USER_PRESENT | USER_VERIFIED | ATTESTED
      const data = authenticatorData(lie.rpId ?? options.rp.id, flags, lie.counter ?? 0, credential)
      const attestation = cbor(
        new Map<string, CborValue>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', data],
        ]),
      )
      return {
        ...named(lie.id ?? text),
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, origin, lie),
          attestationObject: attestation.toString('base64url'),
        },
      }
    },
    assert(options, origin, lie = {}) {
      if (counts) uses += 1
      const flags = lie.flags ?? USER_PRESENT | USER_VERIFIED
      const data = authenticatorData(lie.rpId ?? options.rpId, flags, lie.counter ?? uses, lie.more)
      const client = clientData('webauthn.get', options.challenge, origin, lie)
      const signed = Buffer.concat([data, sha256(Buffer.from(client, 'base64url'))])
      const userHandle = 'user' in lie ? lie.user : handle || undefined
      return {
        ...named(lie.id ?? text),
        response: {
          clientDataJSON: client,
          authenticatorData: data.toString('base64url'),
          signature: sign(algorithm === 'EdDSA' ? null : 'sha256', signed, privateKey).toString('base64url'),
          ...(userHandle === undefined ? {} : { userHandle }),
        },
      }
    },
  }
}

const named = (id: string) => ({ id, rawId: id, type: 'public-key' }) as const

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** WebAuthn 6.1. */
function authenticatorData(
  rpId: string,
  flags: number,
  counter: number,
  more: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flags)
  head.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256(rpId), head, more])
}

/** WebAuthn 5.8.1. */
const clientData = (type: string, challenge: string, origin: string, lie: Lie): string =>
  Buffer.from(
    JSON.stringify({
      type: lie.type ?? type,
      challenge: lie.challenge ?? challenge,
      origin: lie.origin ?? origin,
      crossOrigin: lie.crossOrigin ?? false,
    }),
  ).toString('base64url')

function newKeys(algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return algorithm === 'EdDSA'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('rsa', { modulusLength: 2_048 })
}

/** RFC 9053 section 7, RFC 8230 section 4. */
function coseOf(key: KeyObject, algorithm: Algorithm): Buffer {
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' })
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64url')
  const entries: Record<Algorithm, [number, CborValue][]> = {
    ES256: [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ],
    EdDSA: [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(x)],
    ],
    RS256: [
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ],
  }
  return cbor(new Map(entries[algorithm]))
}

type CborValue = number | string | Buffer | Map<number | string, CborValue>

/** RFC 8949, as much as authenticators write. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value)
  if (typeof value === 'string')
    return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value])
  const entries = [...value].flatMap(([key, each]) => [cbor(key), cbor(each)])
  return Buffer.concat([cborHead(5, value.size), ...entries])
}

function cborHead(major: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(major << 5) | size])
  if (size < 256) return Buffer.from([(major << 5) | 24, size])
  return Buffer.from([(major << 5) | 25, size >> 8, size & 255])
}
