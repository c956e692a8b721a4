import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { drawBytes } from './random.ts'

export const KEY_USES = ['seal', 'digest', 'decoy', 'sign'] as const
export type KeyUse = (typeof KEY_USES)[number]
export type Key = {
  readonly id: string
  readonly use: KeyUse
  readonly created: string
  readonly secret: Uint8Array
}

/** Secrets are 256 bits; a shorter one is refused when the ring is read. */
export const KEY_BYTES = 32

/**
 * What Postern does with its key ring. Values name the key that made them, so that a newer key can be added
 * and old values stay readable.
 */
export interface Keys {
  /** Seals text with AES-256-GCM; `boundTo` (table, row, field) is authenticated and must be given again. */
  seal(text: string, boundTo: string): string
  /** Throws where the value was altered, moved to another place, or sealed by a retired key. */
  open(sealed: string, boundTo: string): string
  /** A keyed digest (HMAC-SHA-256) of a secret, for storage; compare with `matches`. */
  digest(purpose: string, secret: string): string
  /** Constant time in the content, under the key that made `stored`. */
  matches(stored: string, purpose: string, secret: string): boolean
  /** Every digest that `secret` may be stored under, newest key first: for look-ups by digest. */
  digests(purpose: string, secret: string): string[]
  /** Stable for ever (the decoy key never rolls by itself): pseudonyms, decoys, names of limits. */
  pseudonym(purpose: string, text: string): string
  /** Signs text for a client to carry; `verify` gives the text back, or null. */
  sign(purpose: string, text: string): string
  verify(purpose: string, signed: string): string | null
}

const hmac = (secret: KeyObject, purpose: string, text: string): Buffer =>
  createHmac('sha256', secret).update(`${purpose}\0`).update(text).digest()

/** A key as the runtime wants it: handed over as bytes, each use of it costs ten microseconds more. */
type Loaded = Omit<Key, 'secret'> & { readonly secret: KeyObject }

export function createKeys(ring: readonly Key[]): Keys {
  const newestFirst: readonly Loaded[] = ring
    .map(key => ({ ...key, secret: createSecretKey(key.secret) }))
    .sort((a, b) => b.created.localeCompare(a.created))
  const newest = (use: KeyUse): Loaded => {
    const key = newestFirst.find(key => key.use === use)
    if (!key) throw new Error(`the key ring has no key for ${use}`)
    return key
  }
  const keysFor = (use: KeyUse): Loaded[] => newestFirst.filter(key => key.use === use)
  const byId = (use: KeyUse, id: string | undefined): Loaded | undefined =>
    newestFirst.find(key => key.use === use && key.id === id)
  const digestWith = (key: Loaded, purpose: string, secret: string): string =>
    `${key.id}.${hmac(key.secret, purpose, secret).toString('base64url')}`

  return {
    seal(text, boundTo) {
      const key = newest('seal')
      const drawn = drawBytes(28)
      const cipher = createCipheriv('aes-256-gcm', valueKey(key, drawn.subarray(0, 16)), drawn.subarray(16))
      cipher.setAAD(Buffer.from(`${key.id}\0${boundTo}`))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return `${key.id}.${Buffer.concat([drawn, body, cipher.getAuthTag()]).toString('base64url')}`
    },
    open(sealed, boundTo) {
      const [id, body = ''] = sealed.split('.')
      const key = byId('seal', id)
      const bytes = Buffer.from(body, 'base64url')
      if (!key || bytes.length < 44) throw new Error('this value was not sealed by a key of the ring')
      const decipher = createDecipheriv(
        'aes-256-gcm',
        valueKey(key, bytes.subarray(0, 16)),
        bytes.subarray(16, 28),
      )
      decipher.setAAD(Buffer.from(`${key.id}\0${boundTo}`))
      decipher.setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(28, -16), undefined, 'utf8') + decipher.final('utf8')
    },
    digest: (purpose, secret) => digestWith(newest('digest'), purpose, secret),
    digests: (purpose, secret) => keysFor('digest').map(key => digestWith(key, purpose, secret)),
    matches(stored, purpose, secret) {
      const key = byId('digest', stored.split('.')[0])
      return key !== undefined && equal(stored, digestWith(key, purpose, secret))
    },
    pseudonym: (purpose, text) =>
      hmac(newest('decoy').secret, purpose, text).toString('base64url').slice(0, 27),
    sign(purpose, text) {
      const key = newest('sign')
      const tag = hmac(key.secret, purpose, text).toString('base64url')
      return `${Buffer.from(text).toString('base64url')}.${key.id}.${tag}`
    },
    verify(purpose, signed) {
      const [body = '', id, tag = ''] = signed.split('.')
      const key = byId('sign', id)
      const text = Buffer.from(body, 'base64url').toString('utf8')
      return key && equal(tag, hmac(key.secret, purpose, text).toString('base64url')) ? text : null
    },
  }
}

/** Keys whose ring can be replaced while they are in use: a key that was added serves without a restart (STO-03). */
export function replaceableKeys(ring: readonly Key[]): {
  readonly keys: Keys
  replace(ring: readonly Key[]): void
} {
  let current = createKeys(ring)
  return {
    replace(fresh) {
      current = createKeys(fresh)
    },
    keys: {
      seal: (text, boundTo) => current.seal(text, boundTo),
      open: (sealed, boundTo) => current.open(sealed, boundTo),
      digest: (purpose, secret) => current.digest(purpose, secret),
      matches: (stored, purpose, secret) => current.matches(stored, purpose, secret),
      digests: (purpose, secret) => current.digests(purpose, secret),
      pseudonym: (purpose, text) => current.pseudonym(purpose, text),
      sign: (purpose, text) => current.sign(purpose, text),
      verify: (purpose, signed) => current.verify(purpose, signed),
    },
  }
}

/**
 * A key of its own for each value: with 128 random bits of salt beside the 96-bit nonce no pair repeats,
 * however many values one master key seals (NIST SP 800-38D section 8.3 limits a bare random nonce to 2^32).
 */
const valueKey = (key: Loaded, salt: Uint8Array): KeyObject =>
  createSecretKey(createHmac('sha256', key.secret).update('postern value key\0').update(salt).digest())

/** Constant time for equal lengths; the length of a digest is no secret. */
export function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
