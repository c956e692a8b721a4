import type { Account } from './account.ts'
import type { AuditEvent } from './audit.ts'
import type { Refusal } from './directory.ts'
import type { Enrollment } from './enrollment.ts'
import type { Instant } from './lib/clock.ts'
import type { MethodName, Prompt } from './method.ts'
import type { Profile } from './settings.ts'

export type Goal = 'password' | 'unlock'

/** What an open gate accepts. `enrollment` null: nothing is registered behind it, and it can never be passed. */
export type Option = {
  readonly id: string
  readonly method: MethodName
  readonly enrollment: string | null
  readonly channel: string
  readonly source: Enrollment['source']
  readonly hint: string | null
  /** Too fresh to be the deciding gate. */
  readonly decides?: false
  /** What else of the account the same option stands for, where the request names no enrollment. */
  readonly others?: readonly Behind[]
}

/** What stands behind an option, as its proof will say it. */
export type Behind = Pick<Proof, 'enrollment' | 'channel' | 'source' | 'decides'>

/** The option as it stands for one of its enrollments; null where that is not behind it. */
export function optionOf(option: Option, enrollment: string): Option | null {
  if (option.enrollment === enrollment) return option
  const behind = option.others?.find(other => other.enrollment === enrollment)
  const { decides: _decides, ...rest } = option
  return behind ? { ...rest, ...behind } : null
}

/** One try at one method. It outlives the choice of another method, so that going back sends nothing again. */
export type Challenge = {
  readonly option: string
  readonly method: MethodName
  readonly prompt: Prompt
  readonly state: string
  readonly tries: number
  readonly beganAt: Instant
  readonly resendAfter: Instant | null
  readonly expiresAt: Instant
}

export type Proof = {
  readonly option: string
  readonly enrollment: string
  readonly method: MethodName
  readonly channel: string
  readonly source: Enrollment['source']
  readonly decides?: false
  readonly at: Instant
}

/** What a right answer behind `option` leaves on the reset. */
export const proofBehind = (option: Option, enrollment: string, at: Instant): Proof => {
  const { id, method, channel, source, decides } = option
  return { option: id, enrollment, method, channel, source, ...(decides === false ? { decides } : {}), at }
}

export type Failure = 'expired' | 'locked' | 'denied' | 'cancelled' | 'not_eligible'

/** `overtaken`: the account was written by other means since, so that a changed password proves nothing any more. */
export type Write = { readonly key: string; readonly since: Instant; readonly overtaken?: true }

/** Whose turn it is: the person's in `proving` and `password`, ours in `writing`, the directory's in `uncertain`. */
export type Phase =
  | { readonly name: 'proving'; readonly open: string | null }
  | { readonly name: 'password'; readonly refusal: Refusal | null }
  | ({ readonly name: 'writing' } & Write)
  | ({ readonly name: 'uncertain' } & Write)
  | { readonly name: 'done'; readonly at: Instant }
  | { readonly name: 'failed'; readonly why: Failure; readonly supportCode: string | null }

/**
 * One run through the gates to a new password, or to an unlock. Account, gates and options are frozen at the start;
 * at the end the stricter of then and now applies. Account null: the decoy, the reset of a login that nobody may
 * reset. It looks the same, spends the same limits, and `step` never lets it through.
 */
export type Reset = {
  readonly id: string
  readonly goal: Goal
  readonly account: Account | null
  readonly login: string
  /** A pseudonym of the typed login in its one spelling; ids of options are made from it. */
  readonly loginSubject: string
  /** Whose limits it spends: a pseudonym of the account, or of the typed login. */
  readonly subject: string
  /** This browser proved the account before; its limits are not those of strangers (decisions 2.1). */
  readonly known: boolean
  readonly helpful: boolean
  readonly shared: boolean
  readonly locale: string
  readonly source: string
  readonly browser: string | null
  readonly reference: string
  readonly profile: Profile
  readonly gates: 1 | 2
  /** What the person is told before the first gate: the organisation's number, whoever they are. */
  readonly gatesShown: 1 | 2
  readonly options: readonly Option[]
  readonly passed: readonly Proof[]
  readonly challenges: readonly Challenge[]
  readonly phase: Phase
  readonly refusals: number
  /** Names the last attempt that was refused: its repeat is no attempt of its own (`design/api.md`). */
  readonly refusedAttempt: string | null
  readonly extensions: number
  readonly startedAt: Instant
  readonly expiresAt: Instant
}

export type Event =
  | { readonly kind: 'challenged'; readonly challenge: Challenge }
  /** An answer came in: the try is counted before anything is compared (RL-04). */
  | { readonly kind: 'answered'; readonly option: string }
  /** `options`: what the next gate accepts, where another one follows. `by`: the enrollment that proved. */
  | {
      readonly kind: 'judged'
      readonly option: string
      readonly passed: boolean
      readonly by?: string
      readonly options: readonly Option[]
    }
  /** `account`: as read a moment ago, with the mark that settles a lost answer. */
  | { readonly kind: 'submitted'; readonly key: string; readonly account: Account }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly attempt: string | null }
  | { readonly kind: 'written' }
  | { readonly kind: 'lost' }
  /** Nothing was written: the request never left us, or a lost answer was settled by reading. */
  | { readonly kind: 'unwritten' }
  | { readonly kind: 'overtaken' }
  /** A day of reading did not tell: the reset ends without an answer. */
  | { readonly kind: 'given_up' }
  /** The policy became stricter: one more gate before the password (FLW-05). */
  | { readonly kind: 'raised'; readonly gates: 1 | 2; readonly options: readonly Option[] }
  | { readonly kind: 'extended' }
  | { readonly kind: 'failed'; readonly why: Failure; readonly supportCode: string | null }
  | { readonly kind: 'tick' }

/** Effects are data: saved with the new state in one transaction, acted on by the outbox alone. */
export type Effect =
  | { readonly do: 'audit'; readonly event: AuditEvent }
  | {
      readonly do: 'tell_owner'
      readonly about: 'password_reset' | 'account_unlocked' | 'nothing_written'
    }
  /** The password changed: every other open reset, link and session of the account ends (TOK-08, SES-06). */
  | { readonly do: 'end_others' }

/** `ignored`: the event does not belong to this phase; nothing changed. */
export type Stepped = { readonly reset: Reset; readonly effects: readonly Effect[]; readonly ignored?: true }

export const isFinal = ({ phase }: Reset): boolean => phase.name === 'done' || phase.name === 'failed'
export const isWriting = ({ phase }: Reset): boolean => phase.name === 'writing' || phase.name === 'uncertain'
/** Time runs only while it is the person's turn. */
export const isExpired = (reset: Reset, now: Instant): boolean =>
  !isFinal(reset) && !isWriting(reset) && now >= reset.expiresAt

export const openChallenge = (reset: Reset): Challenge | null =>
  reset.phase.name === 'proving' ? challengeOf(reset, reset.phase.open) : null
export const challengeOf = (reset: Reset, option: string | null): Challenge | null =>
  reset.challenges.find(challenge => challenge.option === option) ?? null
