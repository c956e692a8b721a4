import type { AccountRef } from './account.ts'
import { type Instant, minutes, seconds } from './lib/clock.ts'
import type { MethodName } from './method.ts'
import type { Challenge, Option } from './reset.ts'

/** What stood in for who somebody is: the directory's password, a temporary pass, the organisation's identity provider. */
export type Entry = 'password' | 'pass' | 'oidc'

/** A second step: the methods that it accepts, and the tries at them. */
export type SecondStep = {
  readonly options: readonly Option[]
  readonly challenges: readonly Challenge[]
  readonly open: string | null
}

/** A method that is being registered: what was begun, until it is confirmed or forgotten. */
export type Pending = {
  readonly id: string
  readonly method: MethodName
  /** What the page asks for, as `EnrollPrompt`; without what is shown only once. */
  readonly prompt: unknown
  readonly state: string
  readonly tries: number
  readonly expiresAt: Instant
}

/**
 * One sign-in to security info. It opens nothing but that, and no reset (SES-07, SES-08). `step` before `entered`: the
 * second step of the sign-in; after it: fresh proof for a change (ENR-01).
 */
export type Session = {
  readonly id: string
  readonly account: AccountRef
  readonly subject: string
  readonly login: string
  readonly displayName: string
  readonly locale: string
  readonly source: string
  readonly browser: string | null
  readonly known: boolean
  readonly shared: boolean
  readonly reference: string
  readonly entry: Entry
  readonly firstAt: Instant
  /** When the second step was last passed; null: never in this session. */
  readonly secondAt: Instant | null
  /** A second factor was proved here, beside the password or at the identity provider; not a mailbox alone. */
  readonly hasSecondFactor: boolean
  readonly entered: boolean
  readonly step: SecondStep | null
  readonly pending: Pending | null
  readonly startedAt: Instant
  readonly seenAt: Instant
}

/** Idle and absolute (SES-04; 15 minutes as in spec/entra-sspr.md 7). */
export const SESSION_IDLE_MS = minutes(15)
export const SESSION_MAX_MS = minutes(60)
/** A pass opens ten minutes to register in (spec/entra-sspr.md 3.7), and as long as one idles for whoever is slower. */
export const PASS_SESSION_MS = minutes(10) + SESSION_IDLE_MS
/** A visit is noted no more often than this: reading a page should not cost a write. */
export const TOUCH_MS = seconds(30)
/** A change wants proof that is no older (ENR-01). */
export const FRESH_MS = minutes(10)
/** After a reset the directory password alone opens nothing here for so long (decisions 3.4). */
export const AFTER_RESET_MS = minutes(60)

export const sessionEnds = ({ startedAt, seenAt, entry }: Session): Instant =>
  Math.min(seenAt + SESSION_IDLE_MS, startedAt + (entry === 'pass' ? PASS_SESSION_MS : SESSION_MAX_MS))

/** How long a page of it may be looked at, and whether a press can prolong that. `TOUCH_MS`: a visit may count as early. */
export function limitOf(
  session: Session,
  now: Instant,
): { readonly endsAt: Instant; readonly mayStay: boolean } {
  const last = sessionEnds({ ...session, seenAt: Number.POSITIVE_INFINITY })
  const endsAt = sessionEnds({ ...session, seenAt: Math.max(session.seenAt, now - TOUCH_MS) })
  return { endsAt, mayStay: endsAt < last }
}

/**
 * Was the highest level that the account has proved a moment ago? Where it has no second factor, that is what opened the
 * session. A pass stands in for what was lost, as long as its short session lives: nobody could step up there.
 */
export const isFresh = (session: Session, hasSecond: boolean, now: Instant): boolean => {
  if (session.entry === 'pass') return session.entered
  const at = hasSecond ? session.secondAt : (session.secondAt ?? session.firstAt)
  return session.entered && at !== null && now - at < FRESH_MS
}
