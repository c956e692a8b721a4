import type { Instant } from './lib/clock.ts'
import { newSpoken, type Random } from './lib/random.ts'

/** 20 of 29 letters that are not mistaken on the telephone: 97 bits (TOK-01 asks for 80 of what is typed). */
const LETTERS = 20

/** Longer answers are not looked at: a pass with all its gaps is far shorter (DOS-05). */
const CHARACTERS_MAX = 64

/** How long a pass lasts (decisions 3.12; spec/entra-sspr.md 3.7). */
export const PASS_MINUTES = { default: 60, min: 10, max: 1_440 } as const

/** What is kept of a pass: its digest alone. One for each account; a new one takes the place of the old. */
export type StoredPass = {
  readonly subject: string
  /** Of its issue; the sign-in that it opens has the same one, so that one dispute undoes all of it. */
  readonly reference: string
  readonly expiresAt: Instant
  readonly usedAt: Instant | null
}

export const newPass = (random: Random): string => newSpoken(random, LETTERS)

/** In groups of four, as it is shown and read out. */
export const shownPass = (pass: string): string => pass.replace(/(.{4})(?=.)/g, '$1-')

/** What was typed, without gaps and in one case; null where no pass can look like this. Throws for nothing. */
export function typedPass(text: string): string | null {
  if (text.length > CHARACTERS_MAX) return null
  const pass = text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toUpperCase()
  return pass.length === LETTERS ? pass : null
}
