import type { Rule } from './account.ts'
import { type BannedWords, containsName } from './banned.ts'
import { foldPassword, plainSpelling } from './banned-fold.ts'
import type { Refusal } from './directory.ts'

/** Our numbers come from the settings and the profile; `rules` are the directory's, null where they may not be read. */
export type PasswordContext = {
  readonly rules: readonly Rule[] | null
  readonly minLength: number
  readonly maxLength: number
  /** Of the account: names and logins (`Account.names`). */
  readonly names: readonly string[]
  readonly banned: BannedWords
}

/**
 * Active Directory refuses words of the display name from three characters on (MS-SAMR 3.1.1.7.2); our own rule, from
 * four on, is among the banned words.
 */
const DIRECTORY_NAME_CHARACTERS_MIN = 3

/**
 * Our own no before the directory is asked, or null. Nothing is trimmed, cut or normalised here: the same string is
 * judged and written (PWD-03). Lengths are code points (PWD-01). Refusals:
 *
 * - `not_allowed`, `value` the place (from 1) of the first character that no password may have: a control character, NUL
 *   among them, half a surrogate pair, or the replacement character, which stands for bytes lost on the way (PWD-10).
 *   Without `value` the reason is a directory's and means the account.
 * - `too_short`, `too_long`, `not_complex`, with the number that was asked for as `value`.
 * - `contains_name`, `banned` (decisions 3.11; the common passwords of PWD-04 are `banned`).
 *
 * History, age and breaches are not known here. A password that meets `shownRules` is not refused, unless by its
 * characters, which cannot be typed (PWD-07).
 */
export function checkPassword(password: string, context: PasswordContext): Refusal | null {
  const place = firstUnusable(password)
  if (place !== null) return { reason: 'not_allowed', value: place }
  for (const rule of shownRules(context)) {
    const refusal = refusalBy(rule, password, context)
    if (refusal) return refusal
  }
  return null
}

/**
 * The rules that a page shows before a password is typed: the stricter of the directory's and ours, then what only the
 * directory can judge (history, age). Where the directory's may not be read these are ours alone, and the page says
 * that there may be more (decisions 4.5).
 */
export function shownRules(context: Pick<PasswordContext, 'rules' | 'minLength' | 'maxLength'>): Rule[] {
  const theirs = context.rules ?? []
  const values = (name: Rule['name']): number[] =>
    theirs.flatMap(rule => (rule.name === name && 'value' in rule ? [rule.value] : []))
  return [
    { name: 'min_length', value: Math.max(context.minLength, ...values('min_length')) },
    { name: 'max_length', value: Math.min(context.maxLength, ...values('max_length')) },
    ...theirs.filter(rule => rule.name === 'character_kinds'),
    { name: 'no_name' },
    { name: 'not_banned' },
    ...theirs.filter(rule => rule.name === 'history' || rule.name === 'min_age_ms'),
  ]
}

function refusalBy(rule: Rule, password: string, context: PasswordContext): Refusal | null {
  switch (rule.name) {
    case 'min_length':
      return countCharacters(password) < rule.value ? { reason: 'too_short', value: rule.value } : null
    case 'max_length':
      return countCharacters(password) > rule.value ? { reason: 'too_long', value: rule.value } : null
    case 'character_kinds':
      return countKinds(password) < rule.value ? { reason: 'not_complex', value: rule.value } : null
    case 'no_name':
      return directoryFindsName(password, context) ? { reason: 'contains_name' } : null
    case 'not_banned': {
      const reason = context.banned.judge(password, context.names)
      return reason && { reason }
    }
    case 'not_breached':
    case 'history':
    case 'min_age_ms':
      return null
  }
}

const directoryFindsName = (password: string, { rules, names }: PasswordContext): boolean =>
  (rules ?? []).some(rule => rule.name === 'no_name') &&
  containsName(plainSpelling(foldPassword(password)), names, DIRECTORY_NAME_CHARACTERS_MIN)

/** Code points: an emoji of one code point is one character, whatever it takes in UTF-8 or UTF-16. */
export const countCharacters = (password: string): number => [...password].length

/** Control characters (NUL is one), lone surrogates, U+FFFD. Joiners and other format characters are parts of scripts. */
const UNUSABLE = /[\p{Cc}\p{Cs}\ufffd]/u

/** The place of the first unusable character, counted in code points from 1, or null. */
export function firstUnusable(password: string): number | null {
  const place = [...password].findIndex(character => UNUSABLE.test(character))
  return place < 0 ? null : place + 1
}

/**
 * The five kinds of Active Directory (MS-SAMR 3.1.1.7.2), counted so that Windows and Samba agree: letters with case only
 * in the European scripts, symbols only of this list (a space or a currency sign is none), letters without case.
 */
const KINDS = [
  /[\p{Lu}&&[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]]/v,
  /[\p{Ll}&&[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]]/v,
  /[0-9]/v,
  /[\-~!@#$%^\&*_+=`\|\\\(\)\{\}\[\]:;"'<>,.?\/]/v,
  /[\p{Lo}--\p{Script=Latin}]/v,
]

export const countKinds = (password: string): number => KINDS.filter(kind => kind.test(password)).length
