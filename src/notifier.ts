import type { Instant } from './lib/clock.ts'
import type { MethodName } from './method.ts'

/** Where a thing happened, told roughly: never a full address. */
export type Origin = { readonly at: Instant; readonly source: string; readonly browser: string | null }

/** Every message there is. Only `code` and `address_code` carry a secret, and only its own. */
export type Message =
  | { readonly kind: 'code'; readonly code: string; readonly expiresAt: Instant; readonly reference: string }
  /** Confirms an address that somebody signed in wants to register. */
  | {
      readonly kind: 'address_code'
      readonly code: string
      readonly expiresAt: Instant
      readonly reference: string
    }
  | {
      readonly kind: 'password_reset'
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly methods: readonly MethodName[]
      readonly disputeToken: string
    }
  | {
      readonly kind: 'password_changed'
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly disputeToken: string
    }
  | {
      readonly kind: 'account_unlocked'
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly disputeToken: string
    }
  | {
      readonly kind: 'administrator_reset'
      readonly displayName: string
      readonly login: string
      readonly origin: Origin
      readonly reference: string
    }
  | {
      readonly kind: 'cannot_reset'
      readonly why: ExplainedReason
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
    }
  | {
      readonly kind: 'failures'
      readonly method: MethodName
      readonly count: number
      readonly displayName: string
    }
  | {
      readonly kind: 'recovery_code_used'
      readonly left: number
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly disputeToken: string
    }
  /** Its owner registered a method, or removed one. */
  | {
      readonly kind: 'method_added' | 'method_removed'
      readonly method: MethodName
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly disputeToken: string
    }
  /** An operator gave out a temporary pass; it says nothing of the pass itself. */
  | {
      readonly kind: 'pass_issued'
      readonly displayName: string
      readonly origin: Origin
      readonly until: Instant
      readonly reference: string
      readonly disputeToken: string
    }
  | {
      readonly kind: 'pass_used'
      readonly displayName: string
      readonly origin: Origin
      readonly reference: string
      readonly disputeToken: string
    }
  | {
      readonly kind: 'administrator_pass'
      readonly what: 'issued' | 'used'
      readonly displayName: string
      readonly login: string
      readonly at: Instant
      readonly reference: string
    }
  | { readonly kind: 'contact_changed'; readonly displayName: string; readonly from: Instant }
  | {
      readonly kind: 'enrolled' | 'enrollment_removed'
      readonly method: MethodName
      readonly displayName: string
      readonly at: Instant
    }
  | {
      readonly kind: 'token_assigned'
      readonly serial: string
      readonly displayName: string
      readonly at: Instant
    }
  | { readonly kind: 'disputed'; readonly displayName: string; readonly at: Instant; readonly until: Instant }
  | {
      readonly kind: 'dispute_alert'
      readonly displayName: string
      readonly login: string
      readonly at: Instant
      readonly reference: string
      readonly held: boolean
    }
  | {
      readonly kind: 'settled'
      readonly outcome: 'unchanged' | 'not_unlocked' | 'unknown'
      readonly displayName: string
      readonly at: Instant
      readonly reference: string
    }
  | {
      readonly kind: 'unknown_outcome_alert'
      readonly displayName: string
      readonly login: string
      readonly at: Instant
      readonly reference: string
    }
  | { readonly kind: 'reset_required'; readonly displayName: string }
  /** Asks somebody who lacks methods to set them up. */
  | { readonly kind: 'set_up'; readonly displayName: string; readonly isReminder: boolean }

/** Why somebody real cannot reset, in a mail to the addresses on file. */
export type ExplainedReason =
  | 'out_of_scope'
  | 'disabled'
  | 'expired'
  | 'protected'
  | 'too_few_methods'
  | 'held'
  | 'too_young'
  | 'locked_for_good'

export type Address = { readonly channel: 'mail'; readonly to: string; readonly locale: string }

/** PORT: how a message reaches a person. Exactly one recipient, the stored one (EML-01). */
export interface Notifier {
  readonly channel: Address['channel']
  /** Resolves when the provider has taken it. `Undeliverable` says whether it is worth another try. */
  send(message: Message, address: Address, signal: AbortSignal): Promise<void>
  /** Can messages be handed over now? For what is said before the login (decisions 1.1). */
  check(signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

export class Undeliverable extends Error {
  readonly permanent: boolean
  constructor(message: string, permanent: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'Undeliverable'
    this.permanent = permanent
  }
}
