import { hours, type Instant, minutes, seconds } from './lib/clock.ts'

/** What is stored of a limit: one number and one moment. */
export type Counter = { readonly value: number; readonly at: Instant }

/** At most `max` in a window of `perMs` that opens with its first use. */
export type Limit = { readonly max: number; readonly perMs: number }

export type Decision = {
  readonly allowed: boolean
  readonly retryAfterSeconds: number
  readonly next: Counter
}

/**
 * One use of a window, as a pure decision. A refused use costs nothing, so asking again does not prolong the wait.
 * `retryAfterSeconds` is coarse (whole minutes above one minute): it must not tell which limit closed (RL-10).
 */
export function spend(limit: Limit, stored: Counter | null, now: Instant): Decision {
  const open = stored !== null && now - stored.at < limit.perMs
  const used = open ? stored.value : 0
  const at = open ? stored.at : now
  if (used < limit.max) return { allowed: true, retryAfterSeconds: 0, next: { value: used + 1, at } }
  return { allowed: false, retryAfterSeconds: coarse(at + limit.perMs - now), next: { value: used, at } }
}

const coarse = (ms: number): number => {
  const wait = Math.max(1, Math.ceil(ms / 1000))
  return wait <= 60 ? wait : Math.ceil(wait / 60) * 60
}

/** Wrong answers to one challenge; the right one is refused afterwards too (ASVS 6.6.3). Push and call: 1. */
export const TRIES_MAX = 5

/** Consecutive failures of one enrollment and one audience (known browsers, strangers), for ever (NIST 800-63B 3.2.2: 100 in all). */
export const FAILURES_MAX = 30

/** The owner is told when strangers reach these numbers (decisions 2.5). */
export const FAILURES_TOLD = [10, 30] as const

export type Rest =
  | { readonly state: 'ready' }
  | { readonly state: 'waiting' | 'resting'; readonly retryAfterSeconds: number }

/**
 * May a further challenge of this enrollment begin? After each five consecutive failures it waits: 30 s, doubling to
 * one hour; at 30 it rests until another method passes or the helpdesk wakes it. Nothing but success or an operator
 * lowers the count: not time, not a new code, not a restart (RL-01, RL-03, RL-11).
 */
export function restOf(failures: Counter | null, now: Instant): Rest {
  if (!failures || failures.value < TRIES_MAX) return { state: 'ready' }
  if (failures.value >= FAILURES_MAX) return { state: 'resting', retryAfterSeconds: 3600 }
  const wait = Math.min(seconds(30) * 2 ** (Math.floor(failures.value / TRIES_MAX) - 1), hours(1))
  const left = failures.at + wait - now
  return left <= 0 ? { state: 'ready' } : { state: 'waiting', retryAfterSeconds: coarse(left) }
}

/** The gap before the next message to one destination: 30, 60, 120, 240 s, then as before (security.md, Default numbers). */
export const sendGapMs = (sentInWindow: number): number =>
  seconds(30) * 2 ** Math.min(Math.max(sentInWindow, 1) - 1, 3)

/** The limits of decisions 2.5; those of sources may be widened by settings. */
export const LIMITS = {
  startsPerLoginAndHour: { max: 10, perMs: hours(1) },
  startsPerLoginAndDay: { max: 30, perMs: hours(24) },
  startsPerSource: { max: 60, perMs: minutes(10) },
  /** Above this the bot check of that source gets four times dearer (decisions 2.8). */
  cheapStartsPerSource: { max: 10, perMs: minutes(10) },
  failuresPerSource: { max: 100, perMs: hours(1) },
  sendsPerDestination: { max: 5, perMs: minutes(10) },
  sendsPerDestinationAndDay: { max: 10, perMs: hours(24) },
  finishedResets: { max: 5, perMs: hours(24) },
  explanations: { max: 1, perMs: hours(24) },
  /** Methods that one account adds or replaces: each is told to every address. */
  registrations: { max: 30, perMs: hours(1) },
  /** Wrong old passwords: below any sane lockout threshold (RL-13); a lower threshold of the directory lowers it. */
  wrongOldPasswords: { max: 3, perMs: hours(1) },
  /** Tries to enrol an agent; a code has 130 bits, so this only keeps the noise low. */
  agentEnrollmentsPerSource: { max: 10, perMs: minutes(10) },
  /** Of one audience, in the longest life of a pass; a new pass begins anew (RL-01). */
  passTries: { max: 30, perMs: hours(24) },
  /** Refused or malformed attempts written one by one; above it one record a minute stands for the rest (AUD-09). */
  refusalRecords: { max: 100, perMs: minutes(1) },
} as const satisfies Record<string, Limit>

/** Passwords refused within one reset (decisions 2.5). */
export const REFUSALS_MAX = 20

/** Live resets of one account from one source; the sixth ends the oldest of that source (decisions 2.7). */
export const LIVE_RESETS_MAX = 5

/** Rows that anybody can cause, and so are bounded (DOS-06, decisions 2.7). */
export const DECOY_ROWS_MAX = 200_000
export const OPEN_RESETS_MAX = 250_000
