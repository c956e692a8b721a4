import { foldPassword, joinedWords, plainSpelling, wordsOf } from './banned-fold.ts'
import type { CommonPasswords } from './common-passwords.ts'
import { createNearIndex, type HashedText, hashText, type NearIndex } from './lib/near-index.ts'

export type BannedWords = {
  /** Null: nothing against this password, whose account has these `names`. */
  judge(password: string, names: readonly string[]): 'contains_name' | 'banned' | null
}

/** Entra's score: a term is one point, any other character one; fewer than five is refused. */
const POINTS_MIN = 5
/** Terms are 4 to 16 characters and nothing shorter than 4 is taken for one; an edit may add one character. */
const WINDOW = { min: 4, max: 17 }
/** Shorter names stand in too many words by chance. */
const NAME_LETTERS_MIN = 4

/**
 * The banned-word rules (decisions 3.11, spec/entra-sspr.md 4.3): a hard no for a name of the person or of the
 * organisation, for a common password, and for one that leaves only digits and symbols when the banned terms are taken
 * out; then the score. `own` are the organisation's terms. Build it once per version of the settings (about a
 * millisecond for 1,000 terms).
 */
export function createBannedWords(lists: {
  readonly own: readonly string[]
  readonly organisation: string
  readonly common: CommonPasswords
}): BannedWords {
  const own = [...new Set(lists.own.map(term => plainSpelling(foldPassword(term))))]
  const sources = [createNearIndex(own, () => true), lists.common.terms]
  return {
    judge(password, names) {
      const folded = foldPassword(password)
      const text = hashText(plainSpelling(folded))
      if (containsName(text.text, names, NAME_LETTERS_MIN)) return 'contains_name'
      if (containsName(text.text, [lists.organisation], NAME_LETTERS_MIN)) return 'banned'
      if (lists.common.wholes.exact(text, 0, text.text.length) >= 0) return 'banned'
      const windows = windowsOf(text, sources)
      return leavesNoLetter(folded, windows) || points(text.text, windows) < POINTS_MIN ? 'banned' : null
    },
  }
}

/**
 * Whether a name, a word of it, or all its words written as one stand anywhere in `plain` (a password, folded and in
 * plain spelling). What is shorter than `least` characters does not count.
 */
export function containsName(plain: string, names: readonly string[], least: number): boolean {
  const counts = (word: string): boolean => [...word].length >= least
  return names.some(name => {
    const spelled = plainSpelling(foldPassword(name.trim()))
    if ([spelled, ...wordsOf(spelled)].some(word => counts(word) && plain.includes(word))) return true
    const joined = joinedWords(spelled)
    return joined !== spelled && counts(joined) && joinedWords(plain).includes(joined)
  })
}

/** The ends of the terms that begin at a place. Looked up only where a rule gets to, and once. */
type Windows = (start: number) => readonly number[]

function windowsOf(text: HashedText, sources: readonly NearIndex[]): Windows {
  const covered = exactlyCovered(text, sources)
  const known = new Map<number, number[]>()
  return start => {
    const ends = known.get(start) ?? endsFrom(text, start, sources, covered)
    known.set(start, ends)
    return ends
  }
}

function endsFrom(
  text: HashedText,
  start: number,
  sources: readonly NearIndex[],
  covered: Uint8Array,
): number[] {
  const ends: number[] = []
  for (let end = start + WINDOW.min; end <= lastEnd(text, start); end++) {
    if (isTerm(text, start, end, sources) || isNearTerm(text, start, end, sources, covered)) ends.push(end)
  }
  return ends
}

function isTerm(text: HashedText, start: number, end: number, sources: readonly NearIndex[]): boolean {
  for (const source of sources) if (source.exact(text, start, end) >= 0) return true
  return false
}

/**
 * A term with an edit must not swallow what is beside an exact term of the same length or longer: "blankf" is one
 * edit from "blank", and yet the documented answer counts "blank" and "f" (spec 4.3, "claim exact terms first").
 */
function isNearTerm(
  text: HashedText,
  start: number,
  end: number,
  sources: readonly NearIndex[],
  covered: Uint8Array,
): boolean {
  let length = 0
  for (const source of sources) length = Math.max(length, source.near(text, start, end))
  if (length === 0) return false
  for (let at = start; at < end; at++) if ((covered[at] ?? 0) >= length) return false
  return true
}

/** For each place the length of the longest exact term over it. */
function exactlyCovered(text: HashedText, sources: readonly NearIndex[]): Uint8Array {
  const covered = new Uint8Array(text.text.length)
  for (let start = 0; start < covered.length; start++) {
    for (let end = start + WINDOW.min; end <= lastEnd(text, start); end++) {
      if (!isTerm(text, start, end, sources)) continue
      for (let at = start; at < end; at++) covered[at] = Math.max(covered[at] ?? 0, end - start)
    }
  }
  return covered
}

const lastEnd = (text: HashedText, start: number): number => Math.min(text.text.length, start + WINDOW.max)

/** Whether terms take out every letter there is; false where there is none (`folded` still has its digits). */
function leavesNoLetter(folded: string, windows: Windows): boolean {
  if (!/\p{L}/u.test(folded)) return false
  const reached = new Uint8Array(folded.length + 1)
  reached[0] = 1
  for (let at = 0; at < folded.length; at++) {
    if (!reached[at]) continue
    if (!isLetter(folded, at)) reached[at + 1] = 1
    for (const end of windows(at)) reached[end] = 1
  }
  return reached[folded.length] === 1
}

const isLetter = (text: string, at: number): boolean =>
  /^\p{L}/u.test(String.fromCodePoint(text.codePointAt(at) ?? 0))

/** The fewest points over all ways to see terms in `plain`; POINTS_MIN stands for that many or more. */
function points(plain: string, windows: Windows): number {
  const fewest = new Uint8Array(plain.length + 1).fill(POINTS_MIN)
  fewest[0] = 0
  for (let at = 0; at < plain.length; at++) {
    const sum = (fewest[at] ?? 0) + 1
    if (sum > POINTS_MIN) continue
    const next = isLowSurrogate(plain, at) ? sum - 1 : sum
    fewest[at + 1] = Math.min(fewest[at + 1] ?? POINTS_MIN, next)
    if (sum < POINTS_MIN)
      for (const end of windows(at)) fewest[end] = Math.min(fewest[end] ?? POINTS_MIN, sum)
  }
  return fewest[plain.length] ?? POINTS_MIN
}

const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00
