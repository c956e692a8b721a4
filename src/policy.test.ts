import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Account } from './account.ts'
import type { Enrollment } from './enrollment.ts'
import { hours } from './lib/clock.ts'
import type { MethodName } from './method.ts'
import {
  completions,
  countable,
  eligibility,
  type GateProof,
  gatesFor,
  type Hold,
  inScope,
  isEligible,
  isWaiting,
  isWritable,
  type NotEligible,
  roomFor,
  type Standing,
  type Usable,
} from './policy.ts'
import { DEFAULT_SETTINGS, type Settings } from './settings.ts'

const NOW = Date.UTC(2026, 0, 15, 12)

const account = (change: Partial<Account> = {}): Account => ({
  ref: { directory: 'people', id: 'anna' },
  login: 'anna',
  displayName: 'Anna Example',
  status: 'active',
  locked: false,
  lockedForGood: false,
  mustChange: false,
  protectedBecause: null,
  privileged: false,
  groups: ['Everybody'],
  mail: [],
  contacts: [],
  names: [],
  locale: null,
  passwordChangedAt: null,
  tooYoungUntil: null,
  rules: null,
  lockoutThreshold: null,
  mark: '1',
  ...change,
})

const usable = (method: MethodName, channel: string = method, change: Partial<Enrollment> = {}): Usable => ({
  enrollment: {
    id: `${method} ${channel}`,
    account: account().ref,
    method,
    secret: '',
    source: 'import',
    attribute: null,
    confirmedAt: NOW,
    usableAt: NOW,
    lastUsedAt: null,
    version: 1,
    ...change,
  },
  channel,
})
const mapped = (channel: string): Usable => usable('email', channel, { source: 'directory' })
const ALL = [usable('app_code'), usable('email'), usable('recovery_code')]

const settings = (change: Partial<Settings> = {}): Settings => ({
  ...DEFAULT_SETTINGS,
  scope: { kind: 'all', groups: [] },
  ...change,
})
const standing = (change: Partial<Standing> = {}): Standing => ({
  account: account(),
  usable: ALL,
  hold: null,
  ...change,
})
const selected = (...groups: string[]): Partial<Settings> => ({ scope: { kind: 'selected', groups } })
const hold = (change: Partial<Hold> = {}): Hold => ({
  until: NOW + hours(24),
  channels: [],
  methods: [],
  ...change,
})
const why = (s: Settings, who: Standing): NotEligible | null => {
  const answer = eligibility(s, who, NOW)
  return isEligible(answer) ? null : answer
}
const names = (list: readonly Usable[]): string[] => list.map(({ enrollment }) => enrollment.id)

describe('scope', () => {
  it('none is nobody, administrators included, and it is the default', () => {
    const administrator = account({ privileged: true })
    expect(inScope(DEFAULT_SETTINGS, administrator)).toBe(false)
    expect(inScope(settings({ scope: { kind: 'none', groups: ['Everybody'] } }), account())).toBe(false)
    expect(why(DEFAULT_SETTINGS, standing())).toEqual({ why: 'out_of_scope', supportCode: 'SSPR_0013' })
  })

  it('selected is the members of any of the groups, nested ones flattened, in any case', () => {
    const nested = account({ groups: ['Class 4B', 'PUPILS', 'S-1-5-21-1-2-3-513'] })
    for (const group of ['pupils', 'Pupils', 's-1-5-21-1-2-3-513', 'CLASS 4b'])
      expect(inScope(settings(selected('x', group)), nested)).toBe(true)
    for (const group of ['pupil', 'pupils ', '', 'Teachers'])
      expect(inScope(settings(selected(group)), nested)).toBe(false)
    expect(inScope(settings(selected()), nested)).toBe(false)
    expect(inScope(settings(selected('pupils')), account({ groups: [] }))).toBe(false)
  })

  it('all is everybody', () => {
    expect(inScope(settings(), account({ groups: [] }))).toBe(true)
  })
})

describe('who may not reset', () => {
  test.each([
    ['disabled', account({ status: 'disabled' }), null],
    ['expired', account({ status: 'expired' }), null],
    ['protected', account({ protectedBecause: 'Domain Admins' }), null],
    ['locked_for_good', account({ lockedForGood: true }), null],
  ] as const)('is told apart: %s', (reason, who, supportCode) => {
    expect(why(settings(), standing({ account: who }))).toEqual({ why: reason, supportCode })
    // Scope comes first: whoever is outside learns nothing else.
    expect(why(DEFAULT_SETTINGS, standing({ account: who }))?.why).toBe('out_of_scope')
  })

  it('are members of the groups that the organisation protects', () => {
    expect(why(settings({ protectedGroups: ['everybody'] }), standing())?.why).toBe('protected')
  })

  it('is not somebody whose account is locked by a wrong password, or must change it', () => {
    const who = account({ locked: true, mustChange: true, tooYoungUntil: NOW + 1 })
    expect(why(settings(), standing({ account: who }))).toBeNull()
  })

  it('is who has too little: one method for two gates, none for one', () => {
    const tooFew = { why: 'too_few_methods', supportCode: 'SSPR_0014' }
    expect(why(settings(), standing({ usable: [usable('email')] }))).toEqual(tooFew)
    expect(why(settings({ gates: 1 }), standing({ usable: [] }))).toEqual(tooFew)
    expect(why(settings({ gates: 1 }), standing({ usable: [usable('email')] }))).toBeNull()
  })
})

describe('who may be written, asked again just before the write', () => {
  it('is an ordinary account in scope, whatever is registered', () => {
    expect(isWritable(settings(), account())).toBe(true)
    expect(isWritable(settings(selected('everybody')), account())).toBe(true)
    expect(isWritable(settings(), account({ locked: true, mustChange: true }))).toBe(true)
  })

  test.each([
    ['out of scope', settings(selected('pupils')), account()],
    ['out of scope, where nobody is', DEFAULT_SETTINGS, account()],
    ['disabled', settings(), account({ status: 'disabled' })],
    ['expired', settings(), account({ status: 'expired' })],
    ['protected by the directory', settings(), account({ protectedBecause: 'Domain Admins' })],
    ['protected by the organisation', settings({ protectedGroups: ['everybody'] }), account()],
    ['locked for good', settings(), account({ lockedForGood: true })],
  ])('is nobody who is %s', (_why, s, who) => {
    expect(isWritable(s, who)).toBe(false)
  })
})

describe('two gates', () => {
  const two = (list: readonly Usable[]): string[] => names(completions(list, 2))

  it('are two methods', () => {
    expect(two([usable('email', 'one'), usable('email', 'two')])).toEqual([])
  })

  it('are two channels', () => {
    expect(two([usable('email', 'one'), usable('app_code', 'one')])).toEqual([])
    expect(two([usable('email', 'one'), usable('app_code', 'two')]).length).toBe(2)
  })

  it('are never both unverified data of the directory', () => {
    const other = usable('recovery_code', 'r', { source: 'directory' })
    expect(two([mapped('one'), other])).toEqual([])
    expect(two([mapped('one'), usable('app_code')]).length).toBe(2)
  })

  it('offer nothing that leads nowhere', () => {
    const shared = [usable('email', 'x'), usable('app_code', 'x'), usable('recovery_code', 'y')]
    expect(two(shared).length).toBe(3)
    expect(two([...shared.slice(0, 2), usable('recovery_code', 'x')])).toEqual([])
    const passed: GateProof = { method: 'email', channel: 'x', source: 'import' }
    expect(names(completions(shared, 2, [passed]))).toEqual(['recovery_code y'])
    expect(completions(shared, 1, [passed])).toEqual([])
  })
})

describe('administrators', () => {
  const organised = settings({ gates: 1, administrators: { groups: ['Helpdesk'], notify: [] } })
  const administrators = [account({ privileged: true }), account({ groups: ['HELPDESK'] })]

  test.each(administrators)('pass two gates, whatever the organisation asks of others', who => {
    expect(gatesFor(organised, who, null)).toBe(2)
    expect(gatesFor(organised, account(), null)).toBe(1)
    expect(why(organised, standing({ account: who, usable: [usable('email')] }))?.why).toBe('too_few_methods')
  })

  test.each(administrators)('prove nothing by what the directory says', who => {
    const list = [mapped('m'), usable('app_code')]
    expect(names(countable(organised, standing({ account: who, usable: list }), NOW))).toEqual([
      'app_code app_code',
    ])
    expect(names(countable(organised, standing({ usable: list }), NOW)).length).toBe(2)
  })
})

describe('what counts', () => {
  it('is what the organisation allows, in its order', () => {
    const ordered = settings({ methods: ['recovery_code', 'email'] })
    expect(names(countable(ordered, standing(), NOW))).toEqual(['recovery_code recovery_code', 'email email'])
  })

  it('is not what is used up', () => {
    const empty = { ...usable('recovery_code'), usedUp: true }
    expect(names(countable(settings(), standing({ usable: [empty, usable('email')] }), NOW))).toEqual([
      'email email',
    ])
  })

  it('is, of one method, the newest first, by when it was confirmed or else could be used', () => {
    const at = (channel: string, confirmedAt: number | null, usableAt: number): Usable =>
      usable('email', channel, {
        confirmedAt,
        usableAt,
        source: confirmedAt === null ? 'directory' : 'import',
      })
    const list = [at('old', NOW - 9, NOW - 9), at('mapped', null, NOW - 5), at('new', NOW - 1, NOW - 8)]
    const ordered = countable(settings(), standing({ usable: [...list, usable('app_code')] }), NOW)
    expect(names(ordered)).toEqual(['app_code app_code', 'email new', 'email mapped', 'email old'])
  })

  it('is usable now: a changed directory value counts a day later', () => {
    const later = usable('email', 'new', { usableAt: NOW + 1 })
    expect(names(countable(settings(), standing({ usable: [later] }), NOW))).toEqual([])
    expect(names(countable(settings(), standing({ usable: [later] }), NOW + 1)).length).toBe(1)
  })

  it('is not what waits to be activated, long as it may wait; an address of the directory does not wait', () => {
    const all = settings({ methods: ['hardware_code', 'email'] })
    const token = (change: Partial<Enrollment>) =>
      usable('hardware_code', 'token', { usableAt: 0, ...change })
    for (const source of ['import', 'person'] as const) {
      const waiting = token({ source, confirmedAt: null })
      expect(isWaiting(waiting.enrollment)).toBe(true)
      expect(countable(all, standing({ usable: [waiting] }), NOW + hours(9999))).toEqual([])
      expect(why(all, standing({ usable: [waiting, usable('email')] }))?.why).toBe('too_few_methods')
    }
    expect(names(countable(all, standing({ usable: [token({ confirmedAt: NOW })] }), NOW))).toHaveLength(1)
    const fromDirectory = usable('email', 'm', { source: 'directory', confirmedAt: null })
    expect(names(countable(all, standing({ usable: [fromDirectory] }), NOW))).toEqual(['email m'])
  })
})

describe('room for another', () => {
  const of = (...methods: MethodName[]): Enrollment[] => methods.map(method => usable(method).enrollment)

  it('is shared by apps and tokens, and counts what waits too', () => {
    const four = of('app_code', 'app_code', 'hardware_code', 'hardware_code')
    expect([roomFor('app_code', four), roomFor('hardware_code', four)]).toEqual([1, 1])
    const five = [...four, { ...usable('hardware_code').enrollment, confirmedAt: null }]
    expect([roomFor('app_code', five), roomFor('hardware_code', five), roomFor('email', five)]).toEqual([
      0, 0, 1,
    ])
    expect(roomFor('hardware_code', [...five, ...five])).toBe(0)
  })

  it('is not taken by what the directory says', () => {
    expect(roomFor('email', [mapped('m').enrollment])).toBe(1)
    expect(roomFor('email', of('email', 'app_code'))).toBe(0)
  })
})

describe('a hold', () => {
  it('asks for two gates, other than those it came from', () => {
    expect(gatesFor(settings({ gates: 1 }), account(), hold())).toBe(2)
    expect(why(settings({ gates: 1 }), standing({ hold: hold() }))).toBeNull()
    const disputed = standing({ hold: hold({ channels: ['email'] }) })
    expect(names(countable(settings(), disputed, NOW))).toEqual([
      'app_code app_code',
      'recovery_code recovery_code',
    ])
    expect(why(settings(), standing({ hold: hold({ channels: ['email'], methods: ['app_code'] }) }))).toEqual(
      { why: 'held', supportCode: null },
    )
  })
})

describe('whoever may reset', () => {
  const anyUsable = fc
    .record({
      method: fc.constantFrom<MethodName>('app_code', 'email', 'recovery_code'),
      channel: fc.constantFrom('x', 'y', 'z'),
      source: fc.constantFrom<Enrollment['source']>('directory', 'import', 'person'),
      usableAt: fc.constantFrom(NOW, NOW, NOW, NOW + 1),
    })
    .map(({ method, channel, ...rest }) => usable(method, channel, rest))
  const anySettings = fc.record({
    gates: fc.constantFrom(1 as const, 2 as const),
    methods: fc.subarray<MethodName>(['app_code', 'email', 'recovery_code'], { minLength: 1 }),
  })
  const anyStanding = fc.record({
    account: fc.boolean().map(privileged => account({ privileged })),
    usable: fc.array(anyUsable, { maxLength: 6 }),
    hold: fc.oneof(
      fc.constant(null),
      fc.subarray(['x', 'y']).map(channels => hold({ channels })),
    ),
  })
  const proofBy = ({ enrollment, channel }: Usable): GateProof => ({
    method: enrollment.method,
    channel,
    source: enrollment.source,
  })

  it('never comes to a dead end, whatever is picked; and whoever may not has no way through', () => {
    const met = { yes: 0, no: 0 }
    const property = fc.property(anySettings, anyStanding, (change, who) => {
      const s = settings(change)
      const answer = eligibility(s, who, NOW)
      const gates = gatesFor(s, who.account, who.hold)
      const counted = countable(s, who, NOW)
      met[isEligible(answer) ? 'yes' : 'no']++
      expect(isEligible(answer)).toBe(gates === 1 ? counted.length > 0 : hasPair(counted))
      if (!isEligible(answer)) return
      const walk = (passed: readonly GateProof[]): void => {
        if (passed.length === gates) {
          for (const part of ['method', 'channel'] as const)
            expect(new Set(passed.map(proof => proof[part])).size).toBe(gates)
          expect(passed.filter(({ source }) => source === 'directory').length).toBeLessThan(2)
          return
        }
        const offered = completions(answer.usable, gates, passed)
        expect(offered.length).toBeGreaterThan(0)
        for (const one of offered) walk([...passed, proofBy(one)])
      }
      walk([])
    })
    fc.assert(property, { numRuns: 3_000, seed: 1 })
    expect(Math.min(met.yes, met.no)).toBeGreaterThan(300)
  })

  /** The rule in other words: some two of them share neither method nor channel, and are not both the directory's. */
  const hasPair = (list: readonly Usable[]): boolean =>
    list.some(a =>
      list.some(
        b =>
          a.enrollment.method !== b.enrollment.method &&
          a.channel !== b.channel &&
          [a, b].some(({ enrollment }) => enrollment.source !== 'directory'),
      ),
    )
})

describe('security questions', () => {
  const QUESTIONS = usable('security_questions')
  const withQuestions = settings({ methods: ['security_questions', 'app_code', 'email'] })
  const both = standing({ usable: [QUESTIONS, usable('app_code')] })

  it('are offered after another gate, never first, never alone', () => {
    const list = countable(withQuestions, both, NOW)
    expect(names(completions(list, 2))).toEqual(['app_code app_code'])
    const passed: GateProof[] = [{ method: 'app_code', channel: 'app_code', source: 'import' }]
    expect(names(completions(list, 2, passed))).toEqual(['security_questions security_questions'])
    expect(completions([QUESTIONS], 1)).toEqual([])
    expect(completions([QUESTIONS, QUESTIONS], 2)).toEqual([])
    expect(why(withQuestions, standing({ usable: [QUESTIONS] }))?.why).toBe('too_few_methods')
    expect(why(withQuestions, both)).toBeNull()
  })

  it('may follow an unverified address of the directory: one of the two is its owner’s', () => {
    expect(why(withQuestions, standing({ usable: [QUESTIONS, mapped('a@example.org')] }))).toBeNull()
  })

  it('count for no administrator, at whatever gate', () => {
    const who = account({ privileged: true })
    expect(names(countable(withQuestions, { ...both, account: who }, NOW))).toEqual(['app_code app_code'])
    expect(why(withQuestions, { ...both, account: who })?.why).toBe('too_few_methods')
  })
})
