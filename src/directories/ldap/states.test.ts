import { expect, test } from 'vitest'
import { rulesOf as ds389Rules, ds389State } from './ds389.ts'
import type { Entry } from './entry.ts'
import { rulesOf as ipaRules, ipaState } from './freeipa.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

const entry = (values: Readonly<Record<string, string>>): Entry => ({
  dn: 'uid=anna,dc=example,dc=test',
  values: new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), [Buffer.from(value)]])),
})

const FINE = { status: 'active', locked: false, lockedForGood: false, mustChange: false }

test.each([
  [{}, {}],
  [{ nsAccountLock: 'true' }, { status: 'disabled' }],
  [{ accountUnlockTime: '20260301120500Z' }, { locked: true }],
  [{ accountUnlockTime: '20260301115500Z' }, { locked: false }],
  [{ accountUnlockTime: '19700101000000Z' }, { locked: true }],
  [{ passwordExpirationTime: '19700101000000Z' }, { mustChange: true }],
  [{ pwdReset: 'TRUE' }, { mustChange: true }],
  [{ passwordAllowChangeTime: '20260301130000Z' }, { tooYoungUntil: NOW + 3_600_000 }],
  [{ passwordAllowChangeTime: '20260301110000Z' }, { tooYoungUntil: null }],
])('389 DS: %o', (values, state) => {
  expect(ds389State(entry(values), NOW)).toMatchObject({ ...FINE, ...state })
})

const POLICY = entry({ krbPwdMaxFailure: '6', krbPwdLockoutDuration: '600' })
const FAILED = { krbLoginFailedCount: '6', krbLastFailedAuth: '20260301115500Z' }

test.each([
  [{}, null, {}],
  [{ nsAccountLock: 'TRUE' }, null, { status: 'disabled' }],
  [{ krbPrincipalExpiration: '20260301110000Z' }, null, { status: 'expired' }],
  [FAILED, POLICY, { locked: true }],
  [{ ...FAILED, krbLoginFailedCount: '5' }, POLICY, { locked: false }],
  [{ ...FAILED, krbLastFailedAuth: '20260301114900Z' }, POLICY, { locked: false }],
  [FAILED, entry({ krbPwdMaxFailure: '6', krbPwdLockoutDuration: '0' }), { locked: true }],
  [
    { krbLastPwdChange: '20260301100000Z', krbPasswordExpiration: '20260301100000Z' },
    null,
    { mustChange: true },
  ],
  [
    { krbLastPwdChange: '20260301100000Z', krbPasswordExpiration: '20260601100000Z' },
    null,
    { mustChange: false },
  ],
])('FreeIPA: %o', (values, policy, state) => {
  expect(ipaState(entry(values), policy, NOW)).toMatchObject({ ...FINE, ...state })
})

test('rules are told only where the server asks for them', () => {
  const numbers = { passwordMinLength: '10', passwordInHistory: '6', passwordMinAge: '60' }
  expect(ds389Rules(entry(numbers))).toEqual([{ name: 'min_age_ms', value: 60_000 }])
  expect(ds389Rules(entry({ ...numbers, passwordCheckSyntax: 'on', passwordHistory: 'on' }))).toEqual([
    { name: 'min_length', value: 10 },
    { name: 'history', value: 6 },
    { name: 'min_age_ms', value: 60_000 },
  ])
  expect(ipaRules(entry({ krbPwdMinLength: '8', krbPwdMinDiffChars: '3', krbMinPwdLife: '3600' }))).toEqual([
    { name: 'min_length', value: 8 },
    { name: 'character_kinds', value: 3 },
    { name: 'min_age_ms', value: 3_600_000 },
  ])
})
