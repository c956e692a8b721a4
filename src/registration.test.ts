import { describe, expect, it } from 'vitest'
import type { Account } from './account.ts'
import type { Enrollment } from './enrollment.ts'
import { days, hours } from './lib/clock.ts'
import { METHOD_NAMES, type MethodName } from './method.ts'
import type { Standing, Usable } from './policy.ts'
import { isLedTo, type Review, setupOf, strongestFirst, unconfirmed } from './registration.ts'
import { DEFAULT_SETTINGS, type Settings } from './settings.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SETTINGS: Settings = { ...DEFAULT_SETTINGS, scope: { kind: 'all', groups: [] } }
const NEVER: Review = { reviewedAt: null, dismissedUntil: null }
const ADDABLE: readonly MethodName[] = ['email', 'recovery_code', 'passkey', 'app_code']

const ALICE: Account = {
  ref: { directory: 'd', id: '1' },
  login: 'alice',
  displayName: 'Alice Sample',
  status: 'active',
  locked: false,
  lockedForGood: false,
  mustChange: false,
  protectedBecause: null,
  privileged: false,
  groups: [],
  mail: [],
  contacts: [],
  names: [],
  locale: null,
  passwordChangedAt: null,
  tooYoungUntil: null,
  rules: null,
  lockoutThreshold: null,
  mark: '',
}

const held = (method: MethodName, more: Partial<Enrollment> = {}, channel: string = method): Usable => ({
  channel,
  enrollment: {
    id: `${method} ${channel}`,
    account: { directory: 'd', id: '1' },
    method,
    secret: '',
    source: 'person',
    attribute: null,
    confirmedAt: NOW - days(1),
    usableAt: NOW,
    lastUsedAt: null,
    version: 1,
    ...more,
  },
})
const mapped = held('email', { source: 'directory', confirmedAt: null })

const standing = (usable: readonly Usable[], account: Partial<Account> = {}): Standing => ({
  account: { ...ALICE, ...account },
  usable,
  hold: null,
})
const setup = (usable: readonly Usable[], settings: Partial<Settings> = {}, addable = ADDABLE) =>
  setupOf({ ...SETTINGS, ...settings }, standing(usable), NEVER, addable, NOW)

describe('what the policy misses', () => {
  it('is everything where nothing is registered, the strongest first', () => {
    expect(setup([])).toEqual({
      asks: 'register',
      gates: 2,
      done: 0,
      offered: ['passkey', 'app_code', 'recovery_code', 'email'],
    })
  })
  it('is one more method after the first, and not the same again', () => {
    expect(setup([held('app_code')])).toMatchObject({
      ...{ asks: 'register', done: 1, offered: ['passkey', 'recovery_code', 'email'] },
    })
  })
  it('is nothing once there is enough, though it cools still', () => {
    const cooling = { usableAt: NOW + hours(24) }
    expect(setup([held('app_code', cooling), held('email', cooling)])).toEqual({
      ...{ asks: 'nothing', gates: 2, done: 2, offered: [] },
    })
  })
  it('is not made up by what is used up, waits for activation, or is switched off', () => {
    const useless = [
      { ...held('recovery_code'), usedUp: true },
      held('hardware_code', { confirmedAt: null }),
      held('security_questions'),
    ]
    expect(setup(useless)).toMatchObject({ asks: 'register', done: 0 })
  })
  it('counts an address of the directory as one gate, and never two of them', () => {
    const other = held('email', { source: 'directory' }, 'other')
    expect(setup([mapped, other])).toMatchObject({
      done: 1,
      offered: ['passkey', 'app_code', 'recovery_code'],
    })
  })
  it('does not offer questions before there is another gate', () => {
    const methods = [...SETTINGS.methods, 'security_questions'] as const
    const addable = [...ADDABLE, 'security_questions'] as const
    expect(setup([], { methods }, addable).offered).not.toContain('security_questions')
    expect(setup([held('app_code')], { methods }, addable).offered.at(-1)).toBe('security_questions')
  })
  it('is two gates for an administrator, whom directory data is worth nothing', () => {
    const admin = standing([mapped], { privileged: true })
    const got = setupOf({ ...SETTINGS, gates: 1 }, admin, NEVER, ADDABLE, NOW)
    expect(got).toMatchObject({ asks: 'register', gates: 2, done: 0 })
  })
  it.each<[string, Partial<Account>, Partial<Settings>]>([
    ['out of scope', {}, { scope: { kind: 'none', groups: [] } }],
    ['disabled', { status: 'disabled' }, {}],
    ['protected', { protectedBecause: 'a reason' }, {}],
  ])('is nothing for somebody who is %s', (_why, account, settings) => {
    const got = setupOf({ ...SETTINGS, ...settings }, standing([], account), NEVER, ADDABLE, NOW)
    expect(got.asks).toBe('nothing')
  })
})

describe('a review', () => {
  const enough = [held('app_code', { confirmedAt: NOW - days(180) }), held('email')]
  const asks = (review: Review, confirmDays = 180) =>
    setupOf(
      { ...SETTINGS, registration: { ...SETTINGS.registration, confirmDays } },
      standing(enough),
      review,
      ADDABLE,
      NOW,
    ).asks
  it('is due so many days after the oldest method, or after the last review', () => {
    expect(asks(NEVER)).toBe('review')
    expect(asks(NEVER, 181)).toBe('nothing')
    expect(asks({ reviewedAt: NOW - days(179), dismissedUntil: null })).toBe('nothing')
    expect(asks({ reviewedAt: NOW - days(180), dismissedUntil: null })).toBe('review')
  })
  it('is never due where the policy says 0', () => expect(asks(NEVER, 0)).toBe('nothing'))
  it('is due at the first visit while an address of the directory is unconfirmed', () => {
    const fresh = [held('app_code'), held('recovery_code'), mapped]
    const at = (review: Review) => setupOf(SETTINGS, standing(fresh), review, ADDABLE, NOW).asks
    expect(at(NEVER)).toBe('review')
    expect(at({ reviewedAt: NOW, dismissedUntil: null })).toBe('nothing')
  })
})

it('an address of the directory is confirmed by nobody who has one of their own', () => {
  expect(unconfirmed(SETTINGS, standing([mapped]))).toHaveLength(1)
  expect(unconfirmed(SETTINGS, standing([mapped, held('email', {}, 'own')]))).toEqual([])
  expect(unconfirmed({ ...SETTINGS, methods: ['passkey', 'app_code'] }, standing([mapped]))).toEqual([])
})

it('a sign-in leads there unless it was put off, and the policy lets it be', () => {
  const missing = setup([])
  const putOff = { reviewedAt: null, dismissedUntil: NOW + 1 }
  const strict = { ...SETTINGS, registration: { ...SETTINGS.registration, dismissible: false } }
  expect(isLedTo(SETTINGS, missing, NEVER, NOW)).toBe(true)
  expect(isLedTo(SETTINGS, missing, putOff, NOW)).toBe(false)
  expect(isLedTo(SETTINGS, missing, putOff, NOW + 1)).toBe(true)
  expect(isLedTo(strict, missing, putOff, NOW)).toBe(true)
  expect(isLedTo(strict, setup([held('app_code'), held('email')]), NEVER, NOW)).toBe(false)
})

it('every method has its place in the order of strength', () => {
  expect(strongestFirst(METHOD_NAMES)).toEqual([
    'passkey',
    'app_code',
    'hardware_code',
    'recovery_code',
    'email',
    'security_questions',
  ])
})
