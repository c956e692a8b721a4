import { AppError } from '../errors.ts'
import { minutes } from '../lib/clock.ts'
import { newBase32, newId } from '../lib/random.ts'
import { equal, type Keys } from '../lib/seal.ts'
import type { Answer, Judged, Method, MethodContext } from '../method.ts'
import { PROFILES, RESET_MINUTES_MAX } from '../settings.ts'
import { withoutGaps } from './typed-code.ts'

/** 16 letters of base32 are 80 bits, 79 after `folded` (NIST 800-63B 4.2.1.1 asks for 64). */
const LETTERS = 16
const CODES = 10

/** 64 bits at 4.94 bits a letter, for codes that were printed elsewhere. */
const IMPORTED_LETTERS = { min: 13, max: 48 }
const IMPORTED_CODES_MAX = 50

const PURPOSE = 'recovery code'

/** `set` is a random name that binds the digests to this set; a used code's digest is taken out. */
type Secret = { readonly set: string; readonly codes: readonly string[] }

/** Codes that were printed for the day when all else is lost. Each works once. */
export const recoveryCode: Method = {
  name: 'recovery_code',
  sends: false,
  // Nothing is sent that could grow old: the challenge lives as long as a reset can.
  lifetimeMs: strict => minutes(strict ? PROFILES.strict.resetMinutes : RESET_MINUTES_MAX),
  // All recovery codes are one channel (decisions 3.1).
  channel: () => 'recovery_codes',
  hasUses: secret => read(secret).codes.length > 0,
  hint: () => null,
  address: () => null,
  decoySecret: context => newRecoveryCodes(context).secret,
  begin: () => ({ prompt: { kind: 'code', format: 'base32', length: LETTERS }, state: '' }),
  judge,
  fromImport,
  enroll: {
    asks: null,
    lifetimeMs: minutes(15),
    begin(context) {
      const { codes, secret } = newRecoveryCodes(context)
      return { prompt: { kind: 'codes', codes }, secret }
    },
    finish: () => null,
  },
}

/** A fresh set: the codes as they are shown, this once, in groups of four; and the secret to keep. */
export function newRecoveryCodes({ keys, random }: Pick<MethodContext, 'keys' | 'random'>): {
  readonly codes: readonly string[]
  readonly secret: string
} {
  const codes = Array.from({ length: CODES }, () => newBase32(random, LETTERS))
  return {
    codes: codes.map(code => code.replace(/(.{4})(?=.)/g, '$1-')),
    secret: secretOf(keys, newId(random), codes.map(folded)),
  }
}

/** One digest of what was typed, compared with every code that is left, whichever matches. */
function judge({ keys }: MethodContext, text: string, _state: string, answer: Answer): Judged {
  const secret = read(text)
  const typed = folded(withoutGaps(answer) ?? '')
  if (!isCode(typed)) return { verdict: 'failed' }
  const candidates = keys.digests(PURPOSE, bound(secret.set, typed))
  const matches = secret.codes.map(code => candidates.filter(candidate => equal(candidate, code)).length > 0)
  if (!matches.includes(true)) return { verdict: 'failed' }
  const codes = secret.codes.filter((_, index) => !matches[index])
  return { verdict: 'passed', secret: JSON.stringify({ ...secret, codes }), left: codes.length }
}

/**
 * What looks alike on paper is one letter: 0 is O, 8 is B (neither 0 nor 8 is base32), and 1, I and L are I.
 * Case does not matter.
 */
const folded = (code: string): string =>
  code.toUpperCase().replaceAll('0', 'O').replaceAll('8', 'B').replace(/[1L]/g, 'I')

const isCode = (code: string): boolean =>
  code.length >= IMPORTED_LETTERS.min && code.length <= IMPORTED_LETTERS.max && /^[A-Z2-7]+$/.test(code)

const FIELDS = ['login', 'method', 'codes']

/** `codes`: 1 to 50 different codes in base32 of at least 13 letters. */
function fromImport(
  { keys, random }: MethodContext,
  fields: Readonly<Record<string, unknown>>,
): string | null {
  const { codes } = fields
  if (!Array.isArray(codes) || codes.length < 1 || codes.length > IMPORTED_CODES_MAX) return null
  if (!Object.keys(fields).every(name => FIELDS.includes(name))) return null
  const given = codes.map(code => folded(withoutGaps({ kind: 'code', code }) ?? ''))
  return given.every(isCode) && new Set(given).size === given.length
    ? secretOf(keys, newId(random), given)
    : null
}

const secretOf = (keys: Keys, set: string, codes: readonly string[]): string => {
  const secret: Secret = { set, codes: codes.map(code => keys.digest(PURPOSE, bound(set, code))) }
  return JSON.stringify(secret)
}

const bound = (set: string, code: string): string => `${set}\0${code}`

/** We wrote it, and it was authenticated when it was opened. The parser's own words would quote it: they are dropped. */
function read(text: string): Secret {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('internal', 'A set of recovery codes cannot be read.')
  }
}
