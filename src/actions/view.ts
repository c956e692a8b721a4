import type { Rule } from '../account.ts'
import type { Refusal } from '../directory.ts'
import type { Instant } from '../lib/clock.ts'
import { TRIES_MAX } from '../limit.ts'
import type { MethodName, Prompt } from '../method.ts'
import { type Challenge, type Failure, type Goal, openChallenge, type Phase, type Reset } from '../reset.ts'

/** What a person may see of a reset, and all of it: the portal draws it, the API says it (`design/api.md`). */
export type ResetView = {
  readonly id: string
  readonly goal: Goal
  readonly state: Phase['name']
  readonly gates: { readonly required: 1 | 2; readonly passed: number }
  readonly methods: readonly {
    readonly id: string
    readonly name: MethodName
    readonly hint: string | null
  }[]
  readonly challenge: ChallengeView | null
  /** In state `password`, where the directory tells them: its rules and ours. */
  readonly rules: readonly Rule[] | null
  readonly refusal: Refusal | null
  readonly failed: { readonly why: Failure; readonly supportCode: string | null } | null
  readonly expiresAt: Instant
  readonly extensionsLeft: number
  readonly reference: string
  readonly locale: string
  readonly shared: boolean
}

export type ChallengeView = {
  readonly method: string
  readonly name: MethodName
  readonly prompt: Prompt
  readonly triesLeft: number
  readonly resendAfter: Instant | null
  readonly expiresAt: Instant
}

export function viewOf(reset: Reset, rules: readonly Rule[] | null): ResetView {
  const { phase } = reset
  const proving = phase.name === 'proving'
  const failed = phase.name === 'failed' ? phase : null
  return {
    id: reset.id,
    goal: reset.goal,
    state: phase.name,
    gates: {
      required: reset.passed.length > 0 ? reset.gates : reset.gatesShown,
      passed: reset.passed.length,
    },
    methods: proving ? reset.options.map(({ id, method, hint }) => ({ id, name: method, hint })) : [],
    challenge: challengeView(reset),
    rules: phase.name === 'password' && reset.goal === 'password' ? rules : null,
    refusal: phase.name === 'password' ? phase.refusal : null,
    failed: failed && {
      // Only the helpful setting tells a person that they may not reset at all.
      why: failed.why === 'not_eligible' && !reset.helpful ? 'cancelled' : failed.why,
      supportCode: reset.helpful ? failed.supportCode : null,
    },
    expiresAt: reset.expiresAt,
    extensionsLeft: Math.max(0, reset.profile.extensions - reset.extensions),
    reference: reset.reference,
    locale: reset.locale,
    shared: reset.shared,
  }
}

const challengeView = (reset: Reset): ChallengeView | null => {
  const open = openChallenge(reset)
  return open && viewOfChallenge(open)
}

/** Of a reset, or of a sign-in. */
export const viewOfChallenge = (open: Challenge): ChallengeView => ({
  method: open.option,
  name: open.method,
  prompt: open.prompt,
  triesLeft: TRIES_MAX - open.tries,
  resendAfter: open.resendAfter,
  expiresAt: open.expiresAt,
})
