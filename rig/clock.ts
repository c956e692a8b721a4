import type { Clock, Instant } from '../src/lib/clock.ts'

export type FakeClock = Clock & {
  set(at: Instant): void
  /** Milliseconds; never backwards. */
  advance(ms: number): void
}

/** Stands still until the test moves it. Starts at noon UTC on 15 January 2026. */
export function fakeClock(start: Instant = Date.UTC(2026, 0, 15, 12)): FakeClock {
  let now = start
  return {
    now: () => now,
    set: at => {
      now = at
    },
    advance: ms => {
      if (ms < 0) throw new Error('time does not run backwards')
      now += ms
    },
  }
}
