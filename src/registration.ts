import type { Account } from './account.ts'
import type { Enrollment } from './enrollment.ts'
import { days, type Instant } from './lib/clock.ts'
import { METHOD_NAMES, type MethodName, TRAITS, type Traits } from './method.ts'
import { completions, counts, gatesFor, isWaiting, isWritable, type Standing, type Usable } from './policy.ts'
import type { Settings } from './settings.ts'

/** When an account last said what is still its own, and until when it asked to be left alone. */
export type Review = { readonly reviewedAt: Instant | null; readonly dismissedUntil: Instant | null }

/** "Not now" holds for so long: then the next sign-in asks again (spec/entra-sspr.md 2.6). */
export const DISMISSED_MS = days(1)

/**
 * What is asked of somebody who signs in. `register`: the policy misses something. `review`: what is registered was not
 * looked at for long, or the directory gave an address that nobody has confirmed yet (decisions 3.3).
 */
export type Setup = {
  readonly asks: 'register' | 'review' | 'nothing'
  readonly gates: 1 | 2
  /** How many gates what is registered could pass, whether it counts already or still cools. */
  readonly done: number
  /** What would bring them further, the strongest first. */
  readonly offered: readonly MethodName[]
}

/** `addable`: what this person may register at all. Whom Postern never writes is asked nothing. */
export function setupOf(
  settings: Settings,
  standing: Standing,
  review: Review,
  addable: readonly MethodName[],
  now: Instant,
): Setup {
  const { account } = standing
  const gates = gatesFor(settings, account, null)
  const held = registered(settings, standing)
  const done = gatesPassedBy(held, gates)
  const offered = strongestFirst(addable).filter(
    method => gatesPassedBy([...held, imagined(account, method)], gates) > done,
  )
  const isMissing = done < gates && isWritable(settings, account)
  const asks = isMissing ? 'register' : isReviewDue(settings, standing, review, now) ? 'review' : 'nothing'
  return { asks, gates, done, offered: done < gates ? offered : [] }
}

/** Does a sign-in lead there? What cannot be put off is asked every time. */
export const isLedTo = (settings: Settings, setup: Setup, review: Review, now: Instant): boolean =>
  setup.asks !== 'nothing' &&
  !(settings.registration.dismissible && review.dismissedUntil !== null && now < review.dismissedUntil)

/** Of the gates of a policy those that could be passed, once all of it counts. */
function gatesPassedBy(usable: readonly Usable[], gates: 1 | 2): number {
  if (completions(usable, gates).length > 0) return gates
  return gates === 2 && completions(usable, 1).length > 0 ? 1 : 0
}

/** All that counts now or will: neither its first day nor a hold is looked at, since both end by themselves. */
const registered = (settings: Settings, { account, usable }: Standing): Usable[] =>
  usable
    .filter(({ enrollment, usedUp }) => !usedUp && !isWaiting(enrollment))
    .filter(({ enrollment: { method, source }, channel }) =>
      counts(settings, { account, hold: null }, { method, channel, source }),
    )

const RANKS: Readonly<Record<Traits['factor'], number>> = { second: 0, weak: 1, never: 2 }

/** A second factor before a mailbox, a mailbox before what only resets use (NIST 800-63B section 2.2). */
export const strongestFirst = (methods: readonly MethodName[]): MethodName[] =>
  METHOD_NAMES.filter(name => methods.includes(name)).sort(
    (a, b) => RANKS[TRAITS[a].factor] - RANKS[TRAITS[b].factor],
  )

const imagined = ({ ref }: Account, method: MethodName): Usable => ({
  channel: `to be registered:${method}`,
  enrollment: {
    id: '',
    account: ref,
    method,
    secret: '',
    source: 'person',
    attribute: null,
    confirmedAt: 0,
    usableAt: 0,
    lastUsedAt: null,
    version: 1,
  },
})

/** Counted from the last review; before the first one, from the day of the oldest method. */
export function isReviewDue(settings: Settings, standing: Standing, review: Review, now: Instant): boolean {
  const { confirmDays } = settings.registration
  if (unconfirmed(settings, standing).length > 0 && review.reviewedAt === null) return true
  const own = standing.usable.flatMap(({ enrollment: { source, confirmedAt } }) =>
    source === 'directory' || confirmedAt === null ? [] : [confirmedAt],
  )
  if (confirmDays === 0 || own.length === 0) return false
  return now - (review.reviewedAt ?? Math.min(...own)) >= days(confirmDays)
}

/** Addresses of the directory that a code may be sent to: whoever has one of their own is asked for no other. */
export function unconfirmed(settings: Settings, { usable }: Pick<Standing, 'usable'>): Enrollment[] {
  const all = usable.map(({ enrollment }) => enrollment)
  return all.filter(
    ({ source, method }) =>
      source === 'directory' &&
      settings.methods.includes(method) &&
      !all.some(one => one.method === method && one.source !== 'directory'),
  )
}

/** The same mailbox, confirmed by the person. */
export const hasTwin = (usable: readonly Usable[], channel: string): boolean =>
  usable.some(one => one.channel === channel && one.enrollment.source !== 'directory')
