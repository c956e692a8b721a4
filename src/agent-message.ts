import type { Instant } from './lib/clock.ts'

/**
 * The header of a call or an answer: sent in clear, bound to what is sealed as associated data, and signed with it
 * (AGT-05, AGT-06, AGT-10). `job` is 128 random bits; the answer carries the job of its call.
 */
export type Header = {
  readonly v: number
  readonly kind: 'call' | 'answer'
  readonly deployment: string
  readonly agent: string
  readonly job: string
  readonly op: string
  /** The account that is meant, as `refKey`; null where the call is about none. */
  readonly account: string | null
  readonly issuedAt: Instant
  /** A call that is older is refused; 60 s at most after `issuedAt`. */
  readonly expiresAt: Instant
  /** Key pairs: of the side that signs, and of the side that it is sealed to. */
  readonly from: string
  readonly to: string
}

/** A job lives no longer (security.md, Default numbers), and clocks may differ by this much. */
export const JOB_LIFE_MS = 60_000
export const CLOCK_SKEW_MS = 30_000
