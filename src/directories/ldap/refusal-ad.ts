import type { Account } from '../../account.ts'
import { type Authenticated, DirectoryError, type Refusal } from '../../directory.ts'
import type { Instant } from '../../lib/clock.ts'
import type { Answer } from './connection.ts'
import { detailed, endedWith, LDAP } from './refusal-ppolicy.ts'

/** Win32 codes that open a diagnostic text (MS-ERREF 2.2); the words behind them differ and are never read. */
const WIN32 = {
  accessDenied: 0x5,
  generalFailure: 0x1f,
  invalidPassword: 0x56,
  passwordRestriction: 0x52d,
  accountLockedOut: 0x775,
} as const

/** What follows `data` in the text of a refused bind (MS-ERREF 2.2). */
const LOGON = {
  badPassword: 0x52e,
  noSuchUser: 0x525,
  logonHours: 0x530,
  workstation: 0x531,
  passwordExpired: 0x532,
  disabled: 0x533,
  accountExpired: 0x701,
  mustChange: 0x773,
  lockedOut: 0x775,
} as const

const win32Of = (text: string): number | null => hex(text.match(/^([0-9a-f]{8}):/i)?.[1])
const logonOf = (text: string): number | null => hex(text.match(/\bdata ([0-9a-f]{1,8})\b/i)?.[1])
const hex = (digits: string | undefined): number | null =>
  digits === undefined ? null : Number.parseInt(digits, 16)

/**
 * `names`: of the account and in full, as the rule of complexity means them. `old`: the password that is given up,
 * where there is one. `youngUntil`: where the minimum age binds this write.
 */
export type Attempt = {
  readonly password: string
  readonly names: readonly string[]
  readonly old?: string
  readonly youngUntil: Instant | null
}

export type AdRefusal = Refusal | 'wrong_old' | 'locked'

/** Throws where the code is no refusal: the server said that it did nothing, but not why. */
export function adRefusal(answer: Answer, account: Account, attempt: Attempt): AdRefusal {
  const code = win32Of(answer.text)
  if (code === WIN32.invalidPassword) return 'wrong_old'
  if (code === WIN32.accountLockedOut) return 'locked'
  if (code === WIN32.passwordRestriction) return inferred(account, attempt)
  if (code === WIN32.accessDenied) return { reason: 'not_allowed' }
  // The connection is not safe enough for passwords, or the server cannot write: nothing that a person could mend.
  if (code === WIN32.generalFailure) throw endedWith(answer)
  if (answer.code === LDAP.insufficientAccess || answer.code === LDAP.noSuchObject)
    return { reason: 'not_allowed' }
  if (answer.code === LDAP.constraintViolation || answer.code === LDAP.unwilling) return { reason: 'policy' }
  throw endedWith(answer)
}

/** Windows does not say which rule it was: only what follows from rules that were read is named. */
function inferred(account: Account, { password, names, old, youngUntil }: Attempt): Refusal {
  if (account.rules === null) return { reason: 'policy' }
  const value = (name: string): number => {
    const rule = account.rules?.find(each => each.name === name)
    return rule && 'value' in rule ? rule.value : 0
  }
  if (old === password) return { reason: 'same_as_current' }
  if (password.length < value('min_length')) return detailed('too_short', account)
  if (kindsOf(password) < value('character_kinds')) return { reason: 'not_complex' }
  if (account.rules.some(rule => rule.name === 'no_name') && holdsName(password, names))
    return { reason: 'contains_name' }
  if (youngUntil !== null) return { reason: 'too_young', until: youngUntil }
  return { reason: 'policy' }
}

/** Capital, small, digit, symbol, and letters that know no case (MS-SAMR 3.1.1.7.2). */
export const kindsOf = (password: string): number =>
  [/\p{Lu}/u, /\p{Ll}/u, /[0-9]/, /[^\p{L}0-9]/u, /[\p{Lo}\p{Lt}\p{Lm}]/u].filter(kind => kind.test(password))
    .length

/** Words of three letters or more of the account or full name (MS-SAMR 3.1.1.7.2). */
const holdsName = (password: string, names: readonly string[]): boolean =>
  names
    .flatMap(name => name.split(/[\s,.\-_#@]+/))
    .some(word => word.length >= 3 && password.toLowerCase().includes(word.toLowerCase()))

/** An expired password, or one that must be changed, is told only to who has it. */
export function judgeAdBind(answer: Answer): Authenticated {
  if (answer.code === LDAP.success) return 'yes'
  if (answer.code !== LDAP.invalidCredentials)
    throw new DirectoryError(`a bind ended with code ${answer.code}`, false)
  switch (logonOf(answer.text)) {
    case LOGON.mustChange:
    case LOGON.passwordExpired:
      return 'must_change'
    case LOGON.lockedOut:
      return 'locked'
    case LOGON.disabled:
    case LOGON.accountExpired:
    case LOGON.logonHours:
    case LOGON.workstation:
      return 'disabled'
    default:
      return 'no'
  }
}
