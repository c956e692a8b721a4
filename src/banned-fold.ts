/**
 * The copy of a password, term or name that is compared: NFKC, case folded both ways (so that a final sigma, a dotted
 * capital I and a sharp s meet their other cases). The password that is sent stays as it was typed.
 */
export const foldPassword = (typed: string): string =>
  FOLDED.test(typed)
    ? typed
    : typed
        .normalize('NFKC')
        .toUpperCase()
        .toLowerCase()
        .replaceAll('\u03c2', '\u03c3')
        .replaceAll('i\u0307', 'i')
        .normalize('NFKC')

/** What folding leaves alone; most of a list of common passwords. */
const FOLDED = /^[a-z0-9]*$/

/** 0 for o, 1 for l, $ for s, @ for a (spec/entra-sspr.md 4.3); one unit for one unit, so places stay the same. */
export const plainSpelling = (folded: string): string =>
  folded.replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('$', 's').replaceAll('@', 'a')

/**
 * What of a name must not stand in a password, folded: its words by our own reading (letters, digits and marks) and by
 * Active Directory's (MS-SAMR 3.1.1.7.2: parted by comma, period, dash, underscore, space, number sign, tab).
 */
export function wordsOf(name: string): string[] {
  const folded = foldPassword(name)
  const ours = folded.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return folded === ours[0] ? ours : [...new Set([...ours, ...folded.split(/[\s,.\-\u2010-\u2015_#]+/u)])]
}

/** A name written as one word. */
export const joinedWords = (name: string): string => name.replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
