import { foldPassword, plainSpelling } from './banned-fold.ts'
import { createNearIndex, type NearIndex } from './lib/near-index.ts'

/** The shipped list, indexed once for the life of the process. */
export type CommonPasswords = {
  /** The most frequent: each counts as a term inside a longer password. */
  readonly terms: NearIndex
  /** The rest: refused as whole passwords only. */
  readonly wholes: NearIndex
}

/**
 * Far down a list of leaked passwords stands every word of the language, and four words drawn by chance are a good
 * password: such places count as whole passwords only (`decisions/0003-common-passwords.md` has the figures).
 */
const TERMS = 10_000
/** Under these lengths random passwords hold an entry, or one with an edit, too often (0.5 % of 8 characters). */
const TERM_UNITS_MIN = 4
const EDIT_UNITS_MIN = 6

/** `list` has the most frequent first. Entries that differ in case or spelling alone are one. */
export function createCommonPasswords(list: readonly string[]): CommonPasswords {
  const plain = new Set(list.map(entry => plainSpelling(foldPassword(entry))))
  const entries = [...plain].filter(entry => entry.length >= TERM_UNITS_MIN)
  return {
    terms: createNearIndex(entries.slice(0, TERMS), term => term.length >= EDIT_UNITS_MIN),
    wholes: createNearIndex(entries.slice(TERMS), () => false),
  }
}
