import { expect, test } from 'vitest'
import type { Account } from '../../account.ts'
import type { Answer } from './connection.ts'
import { type Attempt, adRefusal, judgeAdBind, kindsOf } from './refusal-ad.ts'
import { judgeBind, refusalOf } from './refusal-ppolicy.ts'

const ACCOUNT: Account = {
  ref: { directory: 'd', id: '1' },
  ...{ login: 'anna', displayName: 'Anna Berg', status: 'active', locked: false, lockedForGood: false },
  ...{
    mustChange: false,
    protectedBecause: null,
    privileged: false,
    groups: [],
    mail: [],
    contacts: [],
    names: [],
  },
  ...{ locale: null, passwordChangedAt: 1_000, tooYoungUntil: 9_000, lockoutThreshold: null, mark: '' },
  rules: [
    { name: 'min_length', value: 12 },
    { name: 'max_length', value: 64 },
    { name: 'character_kinds', value: 3 },
    { name: 'no_name' },
  ],
}

const answer = (code: number, text = '', policyError: number | null = null): Answer => ({
  code,
  text,
  policyError,
})

/** Texts of Windows and of Samba: the same code in front, other words behind it. */
const WINDOWS =
  'AtrErr: DSID-03190F80, #1:\n\t0: 0000052D: DSID-03190F80, problem 1005 (CONSTRAINT_ATT_TYPE), data 0'
const SAMBA =
  'Constraint violation - check_password_restrictions: the password was already used (in history)!'

const attempt = (password: string, more: Partial<Attempt> = {}): Attempt => ({
  password,
  names: ['anna', 'Anna Berg'],
  youngUntil: null,
  ...more,
})

test.each([
  ['Short-1', {}, { reason: 'too_short', value: 12 }],
  ['alllowercaseletters', {}, { reason: 'not_complex' }],
  ['My-Berg-Passw0rd', {}, { reason: 'contains_name' }],
  ['Good-Passw0rd-22', { old: 'Good-Passw0rd-22' }, { reason: 'same_as_current' }],
  ['Good-Passw0rd-22', { youngUntil: 5_000 }, { reason: 'too_young', until: 5_000 }],
  ['Good-Passw0rd-22', {}, { reason: 'policy' }],
] as const)('0000052D for %s names only what follows from known rules', (password, more, refusal) => {
  for (const text of [`0000052D: ${WINDOWS}`, `0000052D: ${SAMBA}`])
    for (const code of [19, 53])
      expect(adRefusal(answer(code, text), ACCOUNT, attempt(password, more))).toEqual(refusal)
})

test('where the policy may not be read nothing is inferred, though Samba says it in words', () => {
  const text = '0000052D: check_password_restrictions: the password is too short. It should be 16 characters!'
  expect(adRefusal(answer(19, text), { ...ACCOUNT, rules: null }, attempt('x'))).toEqual({ reason: 'policy' })
})

test.each([
  [19, '00000056: AtrErr: DSID-03190F80, problem 1005', 'wrong_old'],
  [19, '00000775: Password change not permitted, account locked out!', 'locked'],
  [50, '00002098: Object CN=x has no write property access', { reason: 'not_allowed' }],
  [
    50,
    '00000005: SecErr: DSID-031A1256, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0',
    { reason: 'not_allowed' },
  ],
  [32, '00002030: No such Base DN', { reason: 'not_allowed' }],
  [53, '00002035: setup_io', { reason: 'policy' }],
  [19, 'words without a code', { reason: 'policy' }],
] as const)('Active Directory %i %s', (code, text, refusal) => {
  expect(adRefusal(answer(code, text), ACCOUNT, attempt('Good-Passw0rd-22'))).toEqual(refusal)
})

test('a code that is no refusal is thrown: nothing was written, or nobody knows', () => {
  const at = attempt('Good-Passw0rd-22')
  for (const code of [12, 51, 52])
    expect(() => adRefusal(answer(code), ACCOUNT, at)).toThrow(expect.objectContaining({ sent: false }))
  expect(() => adRefusal(answer(53, '0000001F: SvcErr'), ACCOUNT, at)).toThrow(
    expect.objectContaining({ sent: false }),
  )
  for (const code of [1, 80]) {
    expect(() => adRefusal(answer(code), ACCOUNT, at)).toThrow(expect.objectContaining({ sent: true }))
    expect(() => refusalOf(answer(code), ACCOUNT)).toThrow(expect.objectContaining({ sent: true }))
  }
})

test.each([
  ['52e', 'no'],
  ['525', 'no'],
  ['775', 'locked'],
  ['773', 'must_change'],
  ['532', 'must_change'],
  ['533', 'disabled'],
  ['701', 'disabled'],
  ['530', 'disabled'],
  ['531', 'disabled'],
  ['fff', 'no'],
] as const)('a bind that ends with data %s says %s', (data, judged) => {
  const text = `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${data}, v1db1`
  expect(judgeAdBind(answer(49, text))).toBe(judged)
})

test('kinds of characters are counted as Windows counts them', () => {
  expect(kindsOf('aB1-')).toBe(4)
  expect(kindsOf('日本語a1')).toBe(3)
  expect(kindsOf('ÄÖäö')).toBe(2)
  expect(kindsOf('')).toBe(0)
})

test.each([
  [0, 'policy'],
  [1, 'not_allowed'],
  [3, 'not_allowed'],
  [4, 'not_allowed'],
  [5, 'not_complex'],
  [6, 'too_short'],
  [7, 'too_young'],
  [8, 'in_history'],
  [9, 'too_long'],
] as const)('error %i of the password policy is %s, whatever the code', (error, reason) => {
  expect(refusalOf(answer(19, 'words', error), ACCOUNT)).toMatchObject({ reason })
})

test('a reason brings the number that was read', () => {
  expect(refusalOf(answer(19, '', 6), ACCOUNT)).toEqual({ reason: 'too_short', value: 12 })
  expect(refusalOf(answer(19, '', 9), ACCOUNT)).toEqual({ reason: 'too_long', value: 64 })
  expect(refusalOf(answer(19, '', 7), ACCOUNT)).toEqual({ reason: 'too_young', until: 9_000 })
  expect(refusalOf(answer(19, '', 6), { ...ACCOUNT, rules: null })).toEqual({ reason: 'too_short' })
})

/** Recorded from 389 DS 2.3 (lab page, section 4): other codes for the same things. */
test.each([
  ['quality', answer(19, 'Failed to update password', 5), { reason: 'not_complex' }],
  ['history', answer(19, 'Failed to update password', 8), { reason: 'in_history' }],
  ['same as current, without a control', answer(19, 'Failed to update password'), { reason: 'policy' }],
  ['no right', answer(50), { reason: 'not_allowed' }],
  ['an entry that holds no password', answer(65), { reason: 'not_allowed' }],
  ['unwilling', answer(53), { reason: 'policy' }],
] as const)('389 DS and OpenLDAP: %s', (_name, said, refusal) => {
  expect(refusalOf(said, ACCOUNT)).toEqual(refusal)
})

test.each([
  ['right', answer(0), 'yes'],
  ['must change', answer(0, '', 2), 'must_change'],
  ['grace logins are left', answer(0, '', null), 'yes'],
  ['wrong', answer(49), 'no'],
  ['locked, OpenLDAP', answer(49, '', 1), 'locked'],
  ['locked, 389 DS', answer(19, 'Exceed password retry limit. Please try later.', 1), 'locked'],
  ['locked, 389 DS without the control', answer(19), 'locked'],
  ['expired', answer(49, '', 0), 'must_change'],
  [
    'inactivated, 389 DS and FreeIPA',
    answer(53, 'Account inactivated. Contact system administrator.'),
    'disabled',
  ],
] as const)('a bind: %s', (_name, said, judged) => {
  expect(judgeBind(said)).toBe(judged)
})

test('a bind that the server could not judge is no verdict on the password', () => {
  for (const code of [1, 8, 51, 52, 80]) {
    expect(() => judgeBind(answer(code))).toThrow(`code ${code}`)
    expect(() => judgeAdBind(answer(code))).toThrow(`code ${code}`)
  }
})
