import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Account } from './account.ts'
import type { Refusal } from './directory.ts'
import { minutes, seconds } from './lib/clock.ts'
import { REFUSALS_MAX, TRIES_MAX } from './limit.ts'
import type { Challenge, Effect, Event, Option, Phase, Proof, Reset } from './reset.ts'
import { PROFILES, RESET_MINUTES_MAX } from './settings.ts'
import { step } from './step.ts'

const START = Date.UTC(2026, 0, 15, 12)
const NOW = START + minutes(5)

const account = (id = 'anna'): Account => ({
  ref: { directory: 'people', id },
  login: id,
  displayName: 'Anna Example',
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
  mark: '1',
})

const option = (id: string, channel = id): Option => ({
  id,
  method: 'app_code',
  enrollment: `enrollment ${id}`,
  channel,
  source: 'import',
  hint: null,
})
const OPTIONS = [option('a'), option('b')]

const challenge = (id: string, tries = 0): Challenge => ({
  option: id,
  method: 'app_code',
  prompt: { kind: 'code', format: 'digits', length: 6 },
  state: '',
  tries,
  beganAt: START,
  resendAfter: null,
  expiresAt: START + minutes(20),
})
const proof = ({ id, channel, method, source, enrollment }: Option): Proof => ({
  option: id,
  enrollment: enrollment ?? '',
  channel,
  method,
  source,
  at: START,
})

const reset = (change: Partial<Reset> = {}): Reset => ({
  id: 'r',
  goal: 'password',
  account: account(),
  login: 'anna',
  loginSubject: 'l',
  subject: 's',
  known: false,
  helpful: false,
  shared: false,
  locale: 'en',
  source: '192.0.2.1',
  browser: null,
  reference: 'K7-4QF',
  profile: PROFILES.standard,
  gates: 1,
  gatesShown: 1,
  options: OPTIONS,
  passed: [],
  challenges: [],
  phase: { name: 'proving', open: null },
  refusals: 0,
  refusedAttempt: null,
  extensions: 0,
  startedAt: START,
  expiresAt: START + minutes(30),
  ...change,
})

const REFUSAL: Refusal = { reason: 'in_history' }
const PASSED = { passed: [proof(option('a'))], options: [] }
const OPEN = { challenges: [challenge('a')], phase: { name: 'proving', open: 'a' } } as const
const KEY = { key: 'k', since: NOW - seconds(1) }

/** Every place a reset can stand in; `closed` is proving before a method was picked. */
const PLACES = {
  closed: reset(),
  open: reset(OPEN),
  password: reset({ ...PASSED, phase: { name: 'password', refusal: null } }),
  writing: reset({ ...PASSED, phase: { name: 'writing', ...KEY } }),
  uncertain: reset({ ...PASSED, phase: { name: 'uncertain', ...KEY } }),
  done: reset({ ...PASSED, phase: { name: 'done', at: NOW } }),
  failed: reset({ phase: { name: 'failed', why: 'cancelled', supportCode: null } }),
} satisfies Record<string, Reset>
type Place = keyof typeof PLACES

const EVENTS = {
  challenged: { kind: 'challenged', challenge: challenge('b') },
  answered: { kind: 'answered', option: 'a' },
  right: { kind: 'judged', option: 'a', passed: true, options: [] },
  wrong: { kind: 'judged', option: 'a', passed: false, options: [] },
  submitted: { kind: 'submitted', key: 'k', account: account() },
  refused: { kind: 'refused', refusal: REFUSAL, attempt: null },
  written: { kind: 'written' },
  lost: { kind: 'lost' },
  unwritten: { kind: 'unwritten' },
  overtaken: { kind: 'overtaken' },
  given_up: { kind: 'given_up' },
  raised: { kind: 'raised', gates: 2, options: [option('b')] },
  extended: { kind: 'extended' },
  cancelled: { kind: 'failed', why: 'cancelled', supportCode: null },
  tick: { kind: 'tick' },
} satisfies Record<string, Event>
type EventName = keyof typeof EVENTS

/** What follows where it is not `-`: ignored, nothing changed. One column for each place, in the order of PLACES. */
const TABLE: Readonly<Record<EventName, string>> = {
  challenged: 'proving  proving  -        -         -         - -',
  answered: '  -        proving  -        -         -         - -',
  right: '     -        password -        -         -         - -',
  wrong: '     -        proving  -        -         -         - -',
  submitted: ' -        -        writing  -         -         - -',
  refused: '   -        -        password password  -         - -',
  written: '   -        -        -        done      done      - -',
  lost: '      -        -        -        uncertain -         - -',
  unwritten: ' -        -        -        password  password  - -',
  overtaken: ' -        -        -        writing   uncertain - -',
  given_up: '  -        -        -        -         failed    - -',
  raised: '    -        -        proving  -         -         - -',
  extended: '  proving  proving  password -         -         - -',
  cancelled: ' failed   failed   failed   -         -         - -',
  tick: '      proving  proving  password writing   uncertain done failed',
}

const placeNames = Object.keys(PLACES) as Place[]
const eventNames = Object.keys(EVENTS) as EventName[]
const cells = eventNames.flatMap(event => {
  const row = TABLE[event].trim().split(/\s+/)
  return placeNames.map((place, column) => [place, event, row[column] ?? '?'] as const)
})

/** Name, who did it, result, method or reason or object of each record, and what else follows. */
const recordsOf = (effects: readonly Effect[]): string =>
  effects
    .map(effect => {
      if (effect.do !== 'audit') return effect.do
      const { name, actor, result, method, reason, object } = effect.event
      return [name, actor, result, method ?? reason ?? object].join(' ').trim()
    })
    .join(', ')

const RECORDS: readonly (readonly [Place, EventName, string])[] = [
  ['closed', 'challenged', 'reset.challenge_begun person ok app_code'],
  ['open', 'answered', ''],
  ['open', 'right', 'reset.answer_passed person ok app_code, reset.gates_passed person ok'],
  ['open', 'wrong', 'reset.answer_failed person refused app_code'],
  ['password', 'submitted', 'reset.writing person ok k'],
  ['password', 'refused', 'reset.password_refused person refused in_history'],
  ['writing', 'refused', 'reset.refused_by_directory person refused in_history'],
  ['writing', 'written', 'reset.written person ok, tell_owner, end_others'],
  ['uncertain', 'written', 'reset.settled server ok, tell_owner, end_others'],
  ['writing', 'lost', 'reset.uncertain person unknown'],
  ['writing', 'unwritten', 'reset.settled server failed unchanged'],
  ['uncertain', 'unwritten', 'reset.settled server failed unchanged, tell_owner'],
  ['uncertain', 'overtaken', ''],
  ['uncertain', 'given_up', 'reset.failed person refused expired'],
  ['password', 'raised', 'reset.gates_raised person refused policy'],
  ['open', 'extended', 'reset.extended person ok'],
  ['open', 'cancelled', 'reset.cancelled person refused cancelled'],
]

describe('every event in every place', () => {
  test.each(cells)('%s + %s: %s', (place, event, expected) => {
    const stepped = step(PLACES[place], EVENTS[event], NOW)
    if (expected === '-') expect(stepped).toEqual({ reset: PLACES[place], effects: [], ignored: true })
    else expect([stepped.reset.phase.name, stepped.ignored]).toEqual([expected, undefined])
  })

  test.each(cells)(
    '%s + %s when time is up: expired, where it is the person’s turn; else %s',
    (place, event, expected) => {
      const before = PLACES[place]
      const { phase } = step(before, EVENTS[event], before.expiresAt).reset
      if (place === 'closed' || place === 'open' || place === 'password')
        expect(phase).toMatchObject({ why: 'expired' })
      else expect(phase.name).toBe(expected === '-' ? before.phase.name : expected)
    },
  )

  test.each(cells)('%s + %s for a decoy: never a password, never a write', (place, event) => {
    const stepped = step({ ...PLACES[place], account: null }, EVENTS[event], NOW)
    const { reset: after, effects } = stepped
    expect(event !== 'submitted' || stepped.ignored).toBe(true)
    if (place !== 'closed' && place !== 'open') return
    expect(['proving', 'failed']).toContain(after.phase.name)
    expect(after.passed).toEqual([])
    expect(effects.every(effect => effect.do === 'audit')).toBe(true)
  })

  test.each(RECORDS)('%s + %s leaves on record: %s', (place, event, expected) => {
    expect(recordsOf(step(PLACES[place], EVENTS[event], NOW).effects)).toBe(expected)
  })

  it('says in the audit whatever changed the phase', () => {
    for (const [place, event] of cells) {
      const stepped = step(PLACES[place], EVENTS[event], NOW)
      if (stepped.reset.phase.name !== PLACES[place].phase.name) expect(stepped.effects[0]?.do).toBe('audit')
    }
  })
})

describe('time', () => {
  it('is up at the very moment, not a millisecond earlier', () => {
    expect(step(reset(), EVENTS.tick, reset().expiresAt - 1).reset.phase.name).toBe('proving')
    expect(step(reset(), EVENTS.tick, reset().expiresAt).reset.phase.name).toBe('failed')
  })

  it('starts again at the last gate: ten minutes, five in the strict profile', () => {
    const late = reset({ ...OPEN, challenges: [{ ...challenge('a'), expiresAt: START + minutes(60) }] })
    expect(step(late, EVENTS.right, START + minutes(29)).reset.expiresAt).toBe(START + minutes(39))
    const strict = reset({ ...OPEN, profile: PROFILES.strict, expiresAt: START + minutes(15) })
    expect(step(strict, EVENTS.right, START + minutes(4)).reset.expiresAt).toBe(START + minutes(9))
    expect(step(strict, EVENTS.right, START + minutes(14)).reset.expiresAt).toBe(START + minutes(15))
  })

  it('is given ten minutes more, ten times, to two hours at most; never in the strict profile', () => {
    let current = reset()
    for (let more = 1; more <= 10; more++) {
      current = step(current, EVENTS.extended, NOW).reset
      expect(current.expiresAt).toBe(START + Math.min(minutes(30 + 10 * more), minutes(RESET_MINUTES_MAX)))
    }
    expect(step(current, EVENTS.extended, NOW).ignored).toBe(true)
    expect(step(reset({ profile: PROFILES.strict }), EVENTS.extended, NOW).ignored).toBe(true)
  })

  it('stands still while the directory has not answered', () => {
    const uncertain = reset({
      ...PLACES.uncertain,
      phase: { name: 'uncertain', key: 'k', since: START + minutes(29) },
    })
    const back = step(uncertain, EVENTS.unwritten, START + minutes(49)).reset
    expect([back.phase.name, back.expiresAt, back.passed.length]).toEqual([
      'password',
      START + minutes(50),
      1,
    ])
    // At the last moment of all it is too late by a millisecond's width: both ends are on record, and told.
    for (const [late, place] of [
      [minutes(RESET_MINUTES_MAX) - 1, 'password'],
      [minutes(RESET_MINUTES_MAX), 'failed'],
    ] as const)
      expect(step(uncertain, EVENTS.unwritten, START + late).reset.phase.name).toBe(place)
    const late = step(uncertain, EVENTS.unwritten, START + minutes(121))
    expect(late.reset.phase).toMatchObject({ why: 'expired' })
    expect(recordsOf(late.effects)).toBe(
      'reset.settled server failed unchanged, tell_owner, reset.failed person refused expired',
    )
    const writing = reset({
      ...PLACES.writing,
      phase: { name: 'writing', key: 'k', since: START + minutes(29) },
    })
    expect(step(writing, EVENTS.refused, START + minutes(31)).reset.expiresAt).toBe(START + minutes(32))
  })
})

describe('tries', () => {
  it('are counted before anything is compared, and end at five', () => {
    let current = reset(OPEN)
    for (let count = 1; count <= TRIES_MAX; count++) {
      current = step(current, EVENTS.answered, NOW).reset
      expect(current.challenges[0]?.tries).toBe(count)
    }
    expect(step(current, EVENTS.answered, NOW).ignored).toBe(true)
  })

  it('of a challenge that is too old, or not the open one, do not count', () => {
    const old = { ...challenge('a'), expiresAt: NOW }
    expect(step(reset({ ...OPEN, challenges: [old] }), EVENTS.answered, NOW).ignored).toBe(true)
    expect(step(reset({ ...OPEN, challenges: [old] }), EVENTS.answered, NOW - 1).ignored).toBeUndefined()
    for (const kind of ['answered', 'judged'] as const) {
      const other = { kind, option: 'b', passed: true, options: [] } as const
      expect(step(reset(OPEN), other, NOW).ignored).toBe(true)
    }
  })

  it('count on the challenge that was answered, and on no other', () => {
    const two = reset({ ...OPEN, challenges: [challenge('b', 3), challenge('a')] })
    expect(step(two, EVENTS.answered, NOW).reset.challenges).toEqual([challenge('b', 3), challenge('a', 1)])
  })

  it('of one challenge outlive the choice of another method, and a new challenge replaces the former one', () => {
    const tried = challenge('a', 4)
    const chosen = step(reset({ ...OPEN, challenges: [tried] }), EVENTS.challenged, NOW).reset
    const back = step(chosen, { kind: 'challenged', challenge: tried }, NOW)
    expect([
      back.reset.challenges.length,
      back.reset.challenges.find(({ option }) => option === 'a')?.tries,
    ]).toEqual([2, 4])
    // Going back is no new challenge, and no record of one.
    expect([back.effects, back.reset.phase]).toEqual([[], { name: 'proving', open: 'a' }])
    const anew = step(back.reset, { kind: 'challenged', challenge: challenge('a') }, NOW).reset
    expect(anew.challenges.filter(({ option }) => option === 'a')).toEqual([challenge('a')])
  })

  it('belong to what the gate offers', () => {
    expect(step(reset(), { kind: 'challenged', challenge: challenge('z') }, NOW).ignored).toBe(true)
  })
})

describe('gates', () => {
  const two = reset({ ...OPEN, gates: 2 })
  const next: Event = { ...EVENTS.right, options: [option('b')] }

  it('open one after the other, each with its own offer', () => {
    const second = step(two, next, NOW).reset
    expect(second).toMatchObject({
      phase: { name: 'proving', open: null },
      options: [option('b')],
      challenges: [],
    })
    const opened = step(second, EVENTS.challenged, NOW).reset
    const passed = step(opened, { kind: 'judged', option: 'b', passed: true, options: [] }, NOW).reset
    expect([passed.phase.name, passed.passed.map(({ option }) => option), passed.options]).toEqual([
      'password',
      ['a', 'b'],
      [],
    ])
  })

  it('over one channel never write, however they were passed', () => {
    const passed = ['a', 'b'].map(id => proof(option(id, 'one telephone')))
    const phase: Phase = { name: 'password', refusal: null }
    expect(step(reset({ gates: 2, passed, phase }), EVENTS.submitted, NOW).ignored).toBe(true)
    const apart = ['a', 'b'].map(id => proof(option(id)))
    expect(step(reset({ gates: 2, passed: apart, phase }), EVENTS.submitted, NOW).reset.phase.name).toBe(
      'writing',
    )
  })

  it('leave a record of the first proof too', () => {
    expect(recordsOf(step(two, next, NOW).effects)).toBe('reset.answer_passed person ok app_code')
  })

  it('with nothing behind them are never passed', () => {
    const empty = reset({ ...OPEN, options: [{ ...option('a'), enrollment: null }] })
    expect(step(empty, EVENTS.right, NOW).reset).toEqual(empty)
  })

  it('look passed or failed alike to nobody: a decoy’s right answer is recorded as a wrong one', () => {
    const { effects } = step({ ...reset(OPEN), account: null }, EVENTS.right, NOW)
    expect(effects).toMatchObject([{ event: { name: 'reset.answer_failed', reason: 'wrong', real: false } }])
  })

  it('that are raised are passed with what was proved kept, and are never lowered', () => {
    const raised = step(PLACES.password, EVENTS.raised, NOW).reset
    expect(raised).toMatchObject({ gates: 2, passed: PASSED.passed, options: [option('b')] })
    expect(step(PLACES.password, { ...EVENTS.raised, gates: 1 }, NOW).ignored).toBe(true)
  })
})

describe('the write', () => {
  it('keeps the account as it was read a moment ago, and never another person', () => {
    const fresh = { ...account(), mark: '2' }
    expect(step(PLACES.password, { ...EVENTS.submitted, account: fresh }, NOW).reset.account?.mark).toBe('2')
    expect(step(PLACES.password, { ...EVENTS.submitted, account: account('bob') }, NOW).ignored).toBe(true)
  })

  it('is refused twenty times, and the next refusal ends the reset', () => {
    let current: Reset = PLACES.password
    for (let count = 1; count <= REFUSALS_MAX; count++) {
      const writing = count % 2 ? step(current, EVENTS.submitted, NOW).reset : current
      current = step(writing, EVENTS.refused, NOW).reset
      expect([current.phase, current.refusals]).toEqual([{ name: 'password', refusal: REFUSAL }, count])
    }
    const last = step(current, EVENTS.refused, NOW)
    expect(last.reset.phase).toMatchObject({ name: 'failed', why: 'locked' })
    expect(last.effects.length).toBe(2)
  })

  test.each([
    ['password', PLACES.writing, 'password_reset'],
    ['unlock', PLACES.writing, 'account_unlocked'],
    ['password', PLACES.uncertain, 'password_reset'],
    ['unlock', PLACES.uncertain, 'account_unlocked'],
  ] as const)('of %s tells its owner once, and ends what else was open', (goal, from, about) => {
    const { effects } = step({ ...from, goal }, EVENTS.written, NOW)
    expect(effects.slice(1)).toEqual([{ do: 'tell_owner', about }, { do: 'end_others' }])
  })

  it('that another one overtook remembers it, through the lost answer too', () => {
    const overtaken = step(PLACES.writing, EVENTS.overtaken, NOW).reset
    expect(overtaken.phase).toMatchObject({ name: 'writing', overtaken: true })
    expect(step(overtaken, EVENTS.lost, NOW).reset.phase).toMatchObject({
      name: 'uncertain',
      overtaken: true,
    })
    expect(step(PLACES.uncertain, EVENTS.overtaken, NOW).reset.phase).toMatchObject({ overtaken: true })
  })

  it('that was not made tells only who was told that nobody knows', () => {
    const told = (from: Reset) =>
      step(from, EVENTS.unwritten, NOW).effects.filter(effect => effect.do === 'tell_owner')
    expect(told(PLACES.writing)).toEqual([])
    expect(told(PLACES.uncertain)).toEqual([{ do: 'tell_owner', about: 'nothing_written' }])
  })
})

describe('any walk through the events', () => {
  const anyEvent = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(...eventNames.filter(name => name !== 'cancelled'))
        .map((name): Event => EVENTS[name]),
    },
    { weight: 1, arbitrary: fc.constant(EVENTS.cancelled) },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('challenged' as const),
        challenge: fc.constantFrom('a', 'b').map(id => challenge(id)),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('judged' as const),
        option: fc.constantFrom('a', 'b'),
        passed: fc.boolean(),
        options: fc.constantFrom(OPTIONS, [option('b')], [option('b', 'a')], []),
      }),
    },
  )
  const walks = fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: minutes(1) })), {
    maxLength: 60,
    size: 'max',
  })
  const walk = (
    from: Reset,
    events: readonly (readonly [Event, number])[],
    look: (before: Reset, after: Reset, event: Event) => void,
  ) => {
    let current = from
    let now = START
    for (const [event, wait] of events) {
      now += wait
      const after = step(current, event, now).reset
      look(current, after, event)
      current = after
    }
  }

  it('leaves a decoy outside', () => {
    const from = fc.constantFrom(1 as const, 2 as const).map(gates => reset({ gates, account: null }))
    const property = fc.property(from, walks, (decoy, events) =>
      walk(decoy, events, (_, after) => {
        expect(['proving', 'failed']).toContain(after.phase.name)
        expect([after.account, after.passed]).toEqual([null, []])
      }),
    )
    fc.assert(property, { numRuns: 1_000, seed: 1 })
  })

  it('writes only with as many channels as gates, ends for good, and outlasts no limit', () => {
    const from = fc.constantFrom(1 as const, 2 as const).map(gates => reset({ gates }))
    const seen = new Set<string>()
    const property = fc.property(from, walks, (start, events) =>
      walk(start, events, (before, after) => {
        seen.add(after.phase.name)
        if (after.phase.name === 'writing')
          expect(new Set(after.passed.map(({ channel }) => channel)).size).toBeGreaterThanOrEqual(after.gates)
        if (before.phase.name === 'done' || before.phase.name === 'failed') expect(after).toEqual(before)
        if (after.phase.name === 'done' && before !== after)
          expect(['writing', 'uncertain']).toContain(before.phase.name)
        expect(after.gates).toBeGreaterThanOrEqual(before.gates)
        expect(after.expiresAt).toBeLessThanOrEqual(START + minutes(RESET_MINUTES_MAX))
        expect(after.extensions).toBeLessThanOrEqual(PROFILES.standard.extensions)
        for (const { tries } of after.challenges) expect(tries).toBeLessThanOrEqual(TRIES_MAX)
      }),
    )
    fc.assert(property, { numRuns: 2_000, seed: 1 })
    expect(seen).toEqual(new Set(['proving', 'password', 'writing', 'uncertain', 'done', 'failed']))
  })
})
