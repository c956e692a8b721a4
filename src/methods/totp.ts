import { createHash, createHmac } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Instant, minutes } from '../lib/clock.ts'
import { newBase32, type Random } from '../lib/random.ts'
import { equal } from '../lib/seal.ts'
import type { Answer, Judged, MethodContext } from '../method.ts'
import { PROFILES, RESET_MINUTES_MAX } from '../settings.ts'
import { decodeBase32, typedBase32, typedDigits } from './typed-code.ts'

/**
 * What is kept of whatever shows codes by the clock (RFC 6238), an app or a token. `seed` is base32, `period` in seconds.
 * `last` is the last step that was accepted, -1 before the first: neither it nor an earlier one passes again (RFC 6238
 * section 5.2, OTP-03).
 */
export type Totp = {
  readonly seed: string
  readonly algorithm: (typeof ALGORITHMS)[number]
  readonly digits: 6 | 8
  readonly period: 30 | 60
  readonly last: number
}

const ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const

/** 160 bits for seeds of our own (RFC 4226 section 4); others have at least 128, and at most a block of SHA-512. */
const SEED_LETTERS = 32
const SEED_BYTES = { min: 16, max: 128 }

/** A seed of our own, as every app understands it (OTP-01). */
export const newTotp = (random: Random): Totp => ({ ...DEFAULTS, seed: newBase32(random, SEED_LETTERS) })

const DEFAULTS = { algorithm: 'SHA1', digits: 6, period: 30, last: -1 } as const

/** Nothing is sent that could grow old: the challenge lives as long as a reset can. */
export const totpLifetimeMs = (strict: boolean): number =>
  minutes(strict ? PROFILES.strict.resetMinutes : RESET_MINUTES_MAX)

/**
 * The seed is the device, so an app that was given a token's seed is no second one. Its digest names it without telling
 * it; 128 random bits cannot be guessed.
 */
export const totpChannel = (text: string): string =>
  `app:${createHash('sha256')
    .update(`channel\0${readTotp(text).seed}`)
    .digest('base64url')
    .slice(0, 22)}`

/**
 * This step and one either side; the strict profile takes this step alone (OTP-02). Every step of the window is computed
 * and compared, whatever matches: the time tells nothing.
 */
export function judgeTotp(context: MethodContext, text: string, _state: string, answer: Answer): Judged {
  const totp = readTotp(text)
  const typed = typedDigits(answer, totp.digits)
  if (typed === null) return { verdict: 'failed' }
  const key = decodeBase32(totp.seed) ?? new Uint8Array()
  const matching = stepsAround(context.now, totp.period, context.strict ? 0 : 1).filter(step =>
    equal(codeAt(totp, key, step), typed),
  )
  // Should two steps share a code, the later one is used up with it: else the same code would pass again.
  const step = Math.max(-1, ...matching)
  return step > totp.last
    ? { verdict: 'passed', secret: writeTotp({ ...totp, last: step }) }
    : { verdict: 'failed' }
}

function stepsAround(now: Instant, period: number, either: number): number[] {
  const current = Math.floor(now / 1000 / period)
  return Array.from({ length: 2 * either + 1 }, (_, index) => Math.max(0, current - either + index))
}

/** RFC 4226 section 5.3 with the time step as its counter (RFC 6238 section 4.2). */
function codeAt({ algorithm, digits }: Totp, key: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, key).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

/** The code that a device with this secret shows now, and until when: for the demo and for tests. */
export function shownCode(text: string, now: Instant): { readonly code: string; readonly until: Instant } {
  const totp = readTotp(text)
  const step = Math.floor(now / 1000 / totp.period)
  const key = decodeBase32(totp.seed) ?? new Uint8Array()
  return { code: codeAt(totp, key, step), until: (step + 1) * totp.period * 1000 }
}

const FIELDS = ['login', 'method', 'secret', 'algorithm', 'digits', 'period']

/**
 * `secret` in base32 of at least 128 bits; `algorithm` SHA1 (default), SHA256, SHA512; `digits` 6 (default), 8;
 * `period` 30 (default), 60 seconds. A field of another name is an error: a slip in a name would make wrong codes.
 */
export function importedTotp(
  _context: MethodContext,
  fields: Readonly<Record<string, unknown>>,
): string | null {
  const { secret, algorithm = 'SHA1', digits = 6, period = 30 } = fields
  if (
    typeof secret !== 'string' ||
    secret.length > 400 ||
    !Object.keys(fields).every(name => FIELDS.includes(name))
  )
    return null
  const seed = typedBase32(secret.trim().replace(/=+$/, ''))
  const bytes = seed ? (decodeBase32(seed)?.length ?? 0) : 0
  const known = ALGORITHMS.find(
    name => typeof algorithm === 'string' && name === algorithm.replace('-', '').toUpperCase(),
  )
  if (!seed || bytes < SEED_BYTES.min || bytes > SEED_BYTES.max || !known) return null
  if ((digits !== 6 && digits !== 8) || (period !== 30 && period !== 60)) return null
  return writeTotp({ seed, algorithm: known, digits, period, last: -1 })
}

export const writeTotp = (totp: Totp): string => JSON.stringify(totp)

/** We wrote it, and it was authenticated when it was opened. The parser's own words would quote it: they are dropped. */
export function readTotp(text: string): Totp {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('internal', 'The secret of a code by the clock cannot be read.')
  }
}
