import type { Account } from '../../account.ts'
import { type Authenticated, DirectoryError, type Refusal, type RefusalReason } from '../../directory.ts'
import type { Answer } from './connection.ts'

/** draft-behera-ldap-password-policy section 6.2; 9 is OpenLDAP's own. */
const ERROR = {
  passwordExpired: 0,
  accountLocked: 1,
  changeAfterReset: 2,
  passwordModNotAllowed: 3,
  mustSupplyOldPassword: 4,
  insufficientPasswordQuality: 5,
  passwordTooShort: 6,
  passwordTooYoung: 7,
  passwordInHistory: 8,
  passwordTooLong: 9,
} as const

/** Result codes of RFC 4511 appendix A. */
export const LDAP = {
  success: 0,
  referral: 10,
  unavailableCriticalExtension: 12,
  noSuchAttribute: 16,
  constraintViolation: 19,
  noSuchObject: 32,
  invalidCredentials: 49,
  insufficientAccess: 50,
  unwilling: 53,
  objectClassViolation: 65,
} as const

const REASONS: ReadonlyMap<number, RefusalReason> = new Map([
  [ERROR.accountLocked, 'not_allowed'],
  [ERROR.passwordModNotAllowed, 'not_allowed'],
  [ERROR.mustSupplyOldPassword, 'not_allowed'],
  [ERROR.insufficientPasswordQuality, 'not_complex'],
  [ERROR.passwordTooShort, 'too_short'],
  [ERROR.passwordTooYoung, 'too_young'],
  [ERROR.passwordInHistory, 'in_history'],
  [ERROR.passwordTooLong, 'too_long'],
])

const CODES: ReadonlyMap<number, RefusalReason> = new Map([
  [LDAP.constraintViolation, 'policy'],
  [LDAP.unwilling, 'policy'],
  [LDAP.insufficientAccess, 'not_allowed'],
  [LDAP.noSuchObject, 'not_allowed'],
  [LDAP.objectClassViolation, 'not_allowed'],
])

/**
 * The no of a server that speaks the password-policy control, by number and never by words. Throws where the code is
 * no refusal: the server said that it did nothing, but not why.
 */
export function refusalOf(answer: Answer, account: Account): Refusal {
  const named = answer.policyError === null ? undefined : REASONS.get(answer.policyError)
  const reason = named ?? CODES.get(answer.code)
  if (reason === undefined) throw endedWith(answer)
  return detailed(reason, account)
}

/** After these nobody knows whether something was written; any other code says that nothing was. */
const UNSURE = [1, 3, 80]

export const endedWith = ({ code }: Answer): DirectoryError =>
  new DirectoryError(`the server ended a write with code ${code}`, UNSURE.includes(code))

/** The number or the moment that goes with a reason, where it was read. */
export function detailed(reason: RefusalReason, account: Account): Refusal {
  const rule = reason === 'too_short' ? 'min_length' : 'max_length'
  if (reason === 'too_short' || reason === 'too_long') {
    const found = account.rules?.find(each => each.name === rule)
    return found && 'value' in found ? { reason, value: found.value } : { reason }
  }
  if (reason === 'too_young' && account.tooYoungUntil !== null)
    return { reason, until: account.tooYoungUntil }
  return { reason }
}

/** OpenLDAP locks with 49 and 389 DS with 19; an expired password is told only to who has it. */
export function judgeBind(answer: Answer): Authenticated {
  if (answer.code === LDAP.success)
    return answer.policyError === ERROR.changeAfterReset ? 'must_change' : 'yes'
  if (answer.policyError === ERROR.accountLocked) return 'locked'
  if (answer.code === LDAP.invalidCredentials)
    return answer.policyError === ERROR.passwordExpired ? 'must_change' : 'no'
  // 389 DS and FreeIPA: "Account inactivated", and too many wrong passwords without the control.
  if (answer.code === LDAP.unwilling) return 'disabled'
  if (answer.code === LDAP.constraintViolation) return 'locked'
  throw new DirectoryError(`a bind ended with code ${answer.code}`, false)
}
