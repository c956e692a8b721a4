import { type Instant, minutes } from '../lib/clock.ts'
import { newDigits, newId } from '../lib/random.ts'
import type { Answer, MethodContext } from '../method.ts'
import { typedDigits } from './typed-code.ts'

/** Digits of a code that is sent: at least 20 bits and a cap on guesses (ASVS 6.5.4, NIST 800-63B 4.2.1.2). */
export const SENT_DIGITS = 6

/** How long a code by mail may take to arrive and be typed (decisions 3). */
export const mailCodeMs = (strict: boolean): number => minutes(strict ? 5 : 10)

const PURPOSE = 'sent code'

export type SentCode = { readonly code: string; readonly state: string; readonly expiresAt: Instant }

/**
 * A new code for one destination. The state holds a digest under a key outside the database (TOK-03), bound to a random
 * name of this try and to the destination, so that it is of use nowhere else (TOK-06).
 */
export function newSentCode(context: MethodContext, destination: string, lifeMs: number): SentCode {
  const code = newDigits(context.random, SENT_DIGITS)
  const name = newId(context.random)
  const digest = context.keys.digest(PURPOSE, bound(name, destination, code))
  return { code, state: `${name} ${digest}`, expiresAt: context.now + lifeMs }
}

/** Constant time for every answer of the right form; whether the code is too old or used is the caller's to know. */
export function isSentCode(
  context: MethodContext,
  destination: string,
  state: string,
  answer: Answer,
): boolean {
  const typed = typedDigits(answer, SENT_DIGITS)
  const [name = '', digest = ''] = state.split(' ')
  return typed !== null && context.keys.matches(digest, PURPOSE, bound(name, destination, typed))
}

const bound = (name: string, destination: string, code: string): string => `${name}\0${destination}\0${code}`
