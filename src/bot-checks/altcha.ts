import { type Challenge, createChallenge, type Payload, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { BotCheck, BotVerdict } from '../bot-check.ts'
import { type Instant, minutes, seconds, toRfc3339 } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import { isTicket, newTicket, redeemTicket } from './ticket.ts'

/** The price of one solution: `cost` rounds of PBKDF2-SHA-256 for each counter up to one between `from` and `to`. */
export type Price = { readonly cost: number; readonly from: number; readonly to: number }

/** Decisions 2.8: under a second on an ordinary telephone. */
export const PRICE: Price = { cost: 5_000, from: 200, to: 400 }

/** What a test or a bench pays: everything is checked as ever, and nothing is worked. */
export const TOKEN_PRICE: Price = { cost: 1, from: 1, to: 2 }

const DEAR = 4

/** People are slow, and a page may lie open while somebody looks for a telephone. */
const LIFE_MS = minutes(20)

/** A solution has about 800 characters in base64; more than this is not even parsed (DOS-05). */
const SOLUTION_CHARACTERS_MAX = 4_096

type Parts = { readonly keys: Keys; readonly random: Random; readonly price?: Price }

/**
 * A self-hosted proof of work (altcha-lib, protocol version 2). The challenge is signed and nothing is stored, so any
 * server with the same key ring verifies it. A solved challenge stays valid: the caller remembers `token` until
 * `expiresAt` and refuses its second use.
 */
export function createAltcha({ keys, random, price = PRICE }: Parts): BotCheck {
  return {
    kind: 'altcha',
    async challenge(now, dear) {
      const factor = dear ? DEAR : 1
      const expiresAt = now + LIFE_MS
      const challenge = await createChallenge({
        algorithm: 'PBKDF2/SHA-256',
        cost: price.cost,
        // The counter and not the cost grows: the server derives one key for a challenge, cheap or dear.
        counter: factor * (price.from + random.below(price.to - price.from + 1)),
        // Time is an argument here; the library's own `expiresAt` is compared with the system's clock.
        data: { expires_ms: expiresAt, dear },
        deriveKey,
        hmacSignatureSecret: keys.digest(PURPOSES.signature, ''),
        hmacKeySignatureSecret: keys.digest(PURPOSES.keySignature, ''),
      })
      const times = { expires_at: toRfc3339(expiresAt), expires_in: LIFE_MS / seconds(1) }
      return { kind: 'altcha', ...times, ...challenge }
    },
    ticket: now => newTicket(keys, random, now),
    async verify(solution, now) {
      if (typeof solution !== 'string' || solution === '') return { ok: false, reason: 'missing' }
      if (solution.length > SOLUTION_CHARACTERS_MAX) return { ok: false, reason: 'malformed' }
      if (isTicket(solution)) return redeemTicket(keys, solution, now)
      const payload = readPayload(solution)
      return payload ? judge(keys, payload, now) : { ok: false, reason: 'malformed' }
    },
  }
}

/** Keys of the library's own, drawn from ours by purpose. */
const PURPOSES = { signature: 'altcha signature', keySignature: 'altcha key signature' } as const

/** Signature first: before it nothing in the challenge can be believed, its expiry neither. */
async function judge(keys: Keys, payload: SignedPayload, now: Instant): Promise<Judged> {
  const ofKeys = keys.digests(PURPOSES.keySignature, '')
  for (const [index, hmacSignatureSecret] of keys.digests(PURPOSES.signature, '').entries()) {
    const hmacKeySignatureSecret = ofKeys[index] ?? ''
    const result = await verifySolution({
      ...payload,
      deriveKey,
      hmacSignatureSecret,
      hmacKeySignatureSecret,
    })
    // Made under an older key of the ring, perhaps.
    if (result.invalidSignature) continue
    const { expires_ms: expiresAt, dear } = payload.challenge.parameters.data
    if (now >= expiresAt) return { ok: false, reason: 'stale' }
    return result.verified
      ? { ok: true, token: payload.challenge.signature, expiresAt, dear }
      : { ok: false, reason: 'wrong' }
  }
  return { ok: false, reason: 'wrong' }
}

type Judged = BotVerdict & { readonly dear?: boolean }

type SignedPayload = Payload & {
  readonly challenge: Challenge & {
    readonly signature: string
    readonly parameters: { readonly data: { readonly expires_ms: number; readonly dear: boolean } }
  }
}

/** Base64 of the JSON `{ challenge, solution }`, every field of the kind that we gave out; else null. Throws nothing. */
function readPayload(solution: string): SignedPayload | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(solution)) return null
  const parsed = parse(Buffer.from(solution, 'base64').toString('utf8'))
  const { challenge, solution: solved } = fields(parsed)
  const { parameters, signature } = fields(challenge)
  const { counter, derivedKey } = fields(solved)
  if (typeof signature !== 'string' || !isParameters(parameters)) return null
  if (typeof counter !== 'number' || typeof derivedKey !== 'string') return null
  // `isParameters` looked at every field of it.
  return { challenge: { parameters, signature }, solution: { counter, derivedKey } } as SignedPayload
}

const TEXTS = ['algorithm', 'nonce', 'salt', 'keyPrefix', 'keySignature']
const NUMBERS = ['cost', 'keyLength']

/** Exactly the fields that `challenge` gives out, each of its kind. */
function isParameters(value: unknown): boolean {
  const parameters = fields(value)
  const names = Object.keys(parameters)
  const data = fields(parameters['data'])
  return (
    names.length === TEXTS.length + NUMBERS.length + 1 &&
    TEXTS.every(name => typeof parameters[name] === 'string') &&
    NUMBERS.every(name => Number.isSafeInteger(parameters[name])) &&
    Object.keys(data).length === 2 &&
    Number.isSafeInteger(data['expires_ms']) &&
    typeof data['dear'] === 'boolean'
  )
}

/** The own fields of a plain object on a null prototype; none where it is anything else. */
const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.assign(Object.create(null), value)
    : Object.create(null)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
