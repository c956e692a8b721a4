import { foldPassword, joinedWords, plainSpelling, wordsOf } from './banned-fold.ts'
import { type Places, placesOf } from './banned-places.ts'
import type { CommonPasswords } from './common-passwords.ts'
import { createNearIndex, hashText } from './lib/near-index.ts'

export type BannedWords = {
  /** Null: nothing against this password, whose account has these `names`. */
  judge(password: string, names: readonly string[]): 'contains_name' | 'banned' | null
}

/** Entra's score: a term is one point, any other character one; fewer than five is refused. */
const POINTS_MIN = 5
/**
 * A list of 10,000 common passwords holds most words that come to mind. One or two of them with digits are what everybody
 * tries; three and more are a passphrase, which the score judges (`decisions/0003-common-passwords.md`).
 */
const COMMON_MAX = 2
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
  const terms = { own: createNearIndex(own, () => true), common: lists.common.terms }
  return {
    judge(password, names) {
      const folded = foldPassword(password)
      const text = hashText(plainSpelling(folded))
      if (containsName(text.text, names, NAME_LETTERS_MIN)) return 'contains_name'
      if (containsName(text.text, [lists.organisation], NAME_LETTERS_MIN)) return 'banned'
      if (lists.common.wholes.exact(text, 0, text.text.length) >= 0) return 'banned'
      const places = placesOf(text, terms)
      return leavesNoLetter(folded, places) || points(text.text, places) < POINTS_MIN ? 'banned' : null
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

/**
 * Whether terms take out every letter there is, at most COMMON_MAX of the shipped list among them; false where there is no
 * letter. `folded` still has its digits.
 */
function leavesNoLetter(folded: string, places: Places): boolean {
  if (!/\p{L}/u.test(folded)) return false
  const price = new Uint8Array(folded.length + 1).fill(COMMON_MAX + 1)
  price[0] = 0
  const reach = (at: number, paid: number): void => {
    price[at] = Math.min(price[at] ?? 0, paid)
  }
  for (let at = 0; at < folded.length; at++) {
    const paid = price[at] ?? 0
    if (paid > COMMON_MAX) continue
    if (!isLetter(folded, at)) reach(at + 1, paid)
    for (const place of places(at)) reach(place.end, paid + place.price)
  }
  return (price[folded.length] ?? 0) <= COMMON_MAX
}

const isLetter = (text: string, at: number): boolean =>
  /^\p{L}/u.test(String.fromCodePoint(text.codePointAt(at) ?? 0))

/** The fewest points over all ways to see terms in `plain`; POINTS_MIN stands for that many or more. */
function points(plain: string, places: Places): number {
  const fewest = new Uint8Array(plain.length + 1).fill(POINTS_MIN)
  fewest[0] = 0
  for (let at = 0; at < plain.length; at++) {
    const sum = (fewest[at] ?? 0) + 1
    if (sum > POINTS_MIN) continue
    const next = isLowSurrogate(plain, at) ? sum - 1 : sum
    fewest[at + 1] = Math.min(fewest[at + 1] ?? POINTS_MIN, next)
    if (sum < POINTS_MIN)
      for (const { end } of places(at)) fewest[end] = Math.min(fewest[end] ?? POINTS_MIN, sum)
  }
  return fewest[plain.length] ?? POINTS_MIN
}

const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00
