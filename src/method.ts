import type { Instant } from './lib/clock.ts'
import type { Random } from './lib/random.ts'
import type { Keys } from './lib/seal.ts'
import type { Message } from './notifier.ts'

/** The names of the API (`design/api.md`). A new method adds its name here and one line in `cmd/wire.ts`. */
export const METHOD_NAMES = ['app_code', 'email', 'recovery_code'] as const
export type MethodName = (typeof METHOD_NAMES)[number]

/** What a page must ask for. Pages are written for kinds of prompt, never for methods. */
export type Prompt = {
  readonly kind: 'code'
  readonly format: 'digits' | 'base32'
  readonly length: number
  /** Present where a message was sent; null where hints are not shown (decisions 1.2). */
  readonly sentTo?: string | null
}

/** What the person gave, checked for kind and size, not for truth. */
export type Answer = { readonly kind: 'code'; readonly code: string }

/** What a method may use. Time is data; chance and keys are handed in. */
export type MethodContext = {
  readonly now: Instant
  readonly random: Random
  readonly keys: Keys
  /** The strict profile narrows windows (decisions 3). */
  readonly strict: boolean
  /** The short reference of the reset that asks, for the message; empty where none does. */
  readonly reference: string
}

/** `send`: a message that the caller puts into the outbox in the same transaction as the state. */
export type Begun = {
  readonly prompt: Prompt
  readonly state: string
  readonly send?: { readonly to: string; readonly message: Message }
}

/**
 * `secret`: used up or advanced; it is saved only if it is still the one that was judged. `left`: how many uses remain
 * where they are counted, for the notice; at 0 the enrollment is used up.
 */
export type Judged = {
  readonly verdict: 'passed' | 'failed'
  readonly secret?: string
  readonly left?: number
}

/**
 * PORT: one way to prove who you are. No store, no HTTP: it gets a secret and hands back state, both opaque text that
 * the caller seals and keeps. `judge` compares in constant time and throws nothing for any answer.
 */
export interface Method {
  readonly name: MethodName
  /** Disturbs somebody, so it is begun only when the person picks it (decisions 1.4). */
  readonly sends: boolean
  /** The life of a challenge. */
  lifetimeMs(strict: boolean): number
  /** A number, a mailbox, one installation with its keys: what two gates must not share (FLW-03). */
  channel(secret: string): string
  /** At most one letter of a mailbox, two digits of a number (ENU-07); null where there is nothing to show. */
  hint(secret: string): string | null
  /** A secret of the right shape that nobody holds: what a decoy's answers are judged against. */
  decoySecret(context: MethodContext): string
  /** The address that notices can reach through this enrollment; null where it has none. */
  address(secret: string): string | null
  /** False where nothing is left to prove with: every saved code was used. */
  hasUses(secret: string): boolean
  begin(context: MethodContext, secret: string): Begun
  judge(context: MethodContext, secret: string, state: string, answer: Answer): Judged
  /** Reads what `postern enrollment import` gives; null where it is malformed. */
  fromImport(context: MethodContext, fields: Readonly<Record<string, unknown>>): string | null
}
