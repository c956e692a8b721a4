import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { hours, minutes, seconds } from './lib/clock.ts'
import {
  type Counter,
  DECOY_ROWS_MAX,
  FAILURES_MAX,
  FAILURES_TOLD,
  LIMITS,
  LIVE_RESETS_MAX,
  type Limit,
  OPEN_RESETS_MAX,
  REFUSALS_MAX,
  restOf,
  sendGapMs,
  spend,
  TRIES_MAX,
} from './limit.ts'

const NOW = Date.UTC(2026, 0, 15, 12)
const LIMIT: Limit = { max: 3, perMs: minutes(10) }

describe('a window', () => {
  /** Uses at the given moments; says which were allowed. */
  const usesOf = (limit: Limit, moments: readonly number[]): number[] => {
    let stored: Counter | null = null
    return moments.filter(now => {
      const decision = spend(limit, stored, now)
      stored = decision.next
      return decision.allowed
    })
  }

  it('opens with its first use, allows its number, and opens again when it is over', () => {
    const moments = [0, 1, 2, 3, minutes(10) - 1, minutes(10), minutes(10) + 1].map(ms => NOW + ms)
    expect(usesOf(LIMIT, moments).map(at => at - NOW)).toEqual([0, 1, 2, minutes(10), minutes(10) + 1])
  })

  it('never allows more than its number, nor more than twice that in any stretch as long, whenever it is asked', () => {
    const limits = fc.record({
      max: fc.integer({ min: 1, max: 12 }),
      perMs: fc.integer({ min: 1, max: 5_000 }),
    })
    const waits = fc.array(fc.nat(1_500), { maxLength: 200, size: 'max' })
    const property = fc.property(limits, waits, (limit, gaps) => {
      let now = NOW
      const allowed = usesOf(
        limit,
        gaps.map(gap => (now += gap)),
      )
      for (const [index, from] of allowed.entries()) {
        const stretch = allowed.slice(index).filter(at => at < from + limit.perMs)
        expect(stretch.length).toBeLessThanOrEqual(2 * limit.max)
      }
      // Cut into windows as they opened: each holds its number at most.
      for (let rest = allowed; rest[0] !== undefined; ) {
        const end = rest[0] + limit.perMs
        expect(rest.filter(at => at < end).length).toBeLessThanOrEqual(limit.max)
        rest = rest.filter(at => at >= end)
      }
    })
    fc.assert(property, { numRuns: 500, seed: 1 })
  })

  it('is not prolonged by being asked again, and a refused use costs nothing', () => {
    const full: Counter = { value: 3, at: NOW }
    for (let ms = 0; ms < minutes(10); ms += seconds(7))
      expect(spend(LIMIT, full, NOW + ms).next).toEqual(full)
    expect(spend(LIMIT, full, NOW + minutes(10)).allowed).toBe(true)
  })

  it('allows what is there to many who ask one after the other with what the former left, and no more', () => {
    let stored: Counter | null = null
    let allowed = 0
    for (let asked = 0; asked < 200; asked++) {
      const decision = spend(LIMIT, stored, NOW)
      stored = decision.next
      allowed += Number(decision.allowed)
    }
    expect(allowed).toBe(3)
  })

  it('says coarsely how long to wait, and never too short', () => {
    const waits = [
      minutes(10) - 1,
      minutes(9),
      seconds(541),
      seconds(540),
      seconds(61),
      seconds(60),
      seconds(59) + 1,
      seconds(59),
      1,
    ]
    const said = waits.map(
      left => spend(LIMIT, { value: 3, at: NOW + left - LIMIT.perMs }, NOW).retryAfterSeconds,
    )
    expect(said).toEqual([600, 540, 600, 540, 120, 60, 60, 59, 1])
  })

  it('asks for no wait where it allows', () => {
    expect(spend(LIMIT, null, NOW)).toEqual({
      allowed: true,
      retryAfterSeconds: 0,
      next: { value: 1, at: NOW },
    })
  })

  it('stays as it is where a clock runs backwards', () => {
    expect(spend(LIMIT, { value: 3, at: NOW }, NOW - hours(1)).allowed).toBe(false)
  })
})

describe('failures', () => {
  const restAfter = (value: number, ms = 0) => restOf({ value, at: NOW }, NOW + ms)

  it('below five ask for no wait', () => {
    for (let value = 0; value < TRIES_MAX; value++) expect(restAfter(value)).toEqual({ state: 'ready' })
    expect(restOf(null, NOW)).toEqual({ state: 'ready' })
  })

  test.each([
    [5, 30],
    [9, 30],
    [10, 60],
    [15, 120],
    [20, 240],
    [25, 480],
    [29, 480],
  ])('%i in a row ask for a wait of %i s', (value, wait) => {
    expect(restAfter(value)).toMatchObject({ state: 'waiting' })
    expect(restAfter(value, seconds(wait) - 1)).toEqual({ state: 'waiting', retryAfterSeconds: 1 })
    expect(restAfter(value, seconds(wait))).toEqual({ state: 'ready' })
  })

  it('thirty in a row rest for ever: no time wakes them', () => {
    for (const years of [0, 1, 100])
      expect(restAfter(FAILURES_MAX, hours(24) * 365 * years)).toEqual({
        state: 'resting',
        retryAfterSeconds: 3600,
      })
    expect(restAfter(FAILURES_MAX + 1, hours(24) * 365).state).toBe('resting')
  })

  it('are worth at most thirty guesses, however patient a stranger is', () => {
    let failures: Counter = { value: 0, at: NOW }
    let now = NOW
    let guesses = 0
    for (let day = 0; day < 10_000; day++) {
      now += hours(24)
      for (let round = 0; round < 10 && restOf(failures, now).state === 'ready'; round++) {
        // One challenge: five guesses without a wait between them.
        for (let guess = 0; guess < TRIES_MAX && failures.value < FAILURES_MAX; guess++) {
          failures = { value: failures.value + 1, at: now }
          guesses++
        }
      }
    }
    expect(guesses).toBe(FAILURES_MAX)
  })

  it('of both audiences together stay below the hundred of NIST SP 800-63B', () => {
    expect(2 * (FAILURES_MAX + TRIES_MAX)).toBeLessThan(100)
  })
})

test('the gap between messages grows: 30, 60, 120, 240 seconds, and stays', () => {
  expect([0, 1, 2, 3, 4, 5, 99].map(sent => sendGapMs(sent) / 1_000)).toEqual([
    30, 30, 60, 120, 240, 240, 240,
  ])
})

test('the numbers are those that were decided', () => {
  expect(LIMITS).toEqual({
    startsPerLoginAndHour: { max: 10, perMs: hours(1) },
    startsPerLoginAndDay: { max: 30, perMs: hours(24) },
    startsPerSource: { max: 60, perMs: minutes(10) },
    cheapStartsPerSource: { max: 10, perMs: minutes(10) },
    failuresPerSource: { max: 100, perMs: hours(1) },
    sendsPerDestination: { max: 5, perMs: minutes(10) },
    sendsPerDestinationAndDay: { max: 10, perMs: hours(24) },
    finishedResets: { max: 5, perMs: hours(24) },
    explanations: { max: 1, perMs: hours(24) },
    registrations: { max: 30, perMs: hours(1) },
    wrongOldPasswords: { max: 3, perMs: hours(1) },
    agentEnrollmentsPerSource: { max: 10, perMs: minutes(10) },
    passTries: { max: 30, perMs: hours(24) },
    refusalRecords: { max: 100, perMs: minutes(1) },
  })
  expect([TRIES_MAX, FAILURES_MAX, ...FAILURES_TOLD, REFUSALS_MAX]).toEqual([5, 30, 10, 30, 20])
  expect([LIVE_RESETS_MAX, DECOY_ROWS_MAX, OPEN_RESETS_MAX]).toEqual([5, 200_000, 250_000])
})
