import type { Clock, Instant } from '../lib/clock.ts'

export type Breaker = {
  /** False while the other side rests, and for all but one while that one tries whether it is back. */
  readonly mayAsk: () => boolean
  readonly succeeded: () => void
  readonly failed: () => void
  /** Nothing was learned: whoever asked went away. */
  readonly abandoned: () => void
  readonly rests: () => number
}

/** Opens after so many failures in a row; after the rest a single call tries, and decides. */
export function createBreaker(
  clock: Clock,
  limits: { readonly failures: number; readonly restMs: number },
  changed: (resting: boolean) => void,
): Breaker {
  let failures = 0
  let rests = 0
  let restUntil: Instant | null = null
  let trying = false
  return {
    mayAsk: () => {
      if (restUntil === null) return true
      if (trying || clock.now() < restUntil) return false
      trying = true
      return true
    },
    succeeded: () => {
      failures = 0
      trying = false
      if (restUntil === null) return
      restUntil = null
      changed(false)
    },
    failed: () => {
      failures++
      trying = false
      if (failures < limits.failures) return
      if (restUntil === null) changed(true)
      if (restUntil === null) rests++
      restUntil = clock.now() + limits.restMs
    },
    abandoned: () => {
      trying = false
    },
    rests: () => rests,
  }
}
