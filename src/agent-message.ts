import type { PublicKeys } from './agent.ts'
import type { AgentAnswer, AgentCall, AgentRefusal } from './agent-call.ts'
import type { Instant } from './lib/clock.ts'
import type { Halves, OwnKeys, TheirKeys } from './lib/key-pair.ts'

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

/** A pair of ours, and one of the other side, as they are used; `keys.id` is made from the halves. */
export type OwnPair = { readonly keys: PublicKeys; readonly loaded: OwnKeys }
export type TheirPair = { readonly keys: PublicKeys; readonly loaded: TheirKeys }

/** `secret` as `newSecretHalves` made them. */
export function ownPair(_secret: Halves): OwnPair {
  throw new Error('not yet')
}

/** Throws where a half is none, or where `id` is not that of the halves. */
export function theirPair(_keys: PublicKeys): TheirPair {
  throw new Error('not yet')
}

/** One link as one of its two ends sees it. Several pairs while keys roll, the newest last: it signs and is sealed to. */
export type Ends = {
  readonly deployment: string
  readonly agent: string
  readonly own: readonly OwnPair[]
  readonly theirs: readonly TheirPair[]
}

/** The server's side: a call as one frame, for one agent. `lifeMs` up to JOB_LIFE_MS; the password is forgotten after it. */
export function sealCall(
  _ends: Ends,
  _call: AgentCall,
  _job: { readonly id: string; readonly issuedAt: Instant; readonly lifeMs: number },
): Uint8Array {
  throw new Error('not yet')
}

/** The server's side. Null: no answer to this very call by this agent (forged, altered, another job's): as if none came. */
export function openAnswer(_ends: Ends, _call: Uint8Array, _frame: Uint8Array): AgentAnswer | null {
  throw new Error('not yet')
}

/** What a frame says its job is, before anything was checked: only to find who waits for it. */
export function jobOf(_frame: Uint8Array): string | null {
  throw new Error('not yet')
}

/** A call whose size, form, version, address, signature and time were found good; still sealed. */
export type SignedCall = {
  readonly header: Header
  readonly enc: Uint8Array
  readonly body: Uint8Array
  /** Of the whole frame: a job is repeated only by the same frame. */
  readonly digest: string
}
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: AgentRefusal; readonly header: Header | null }

/** The agent's side, first half. */
export function readCall(_ends: Ends, _frame: Uint8Array, _now: Instant): Read<SignedCall> {
  throw new Error('not yet')
}

/** The agent's side, second half: opens the seal, and holds the header to what was sealed. */
export function openCall(_ends: Ends, _call: SignedCall): Read<AgentCall> {
  throw new Error('not yet')
}

/** The agent's side: `header` and `digest` of the call that is answered. */
export function sealAnswer(
  _ends: Ends,
  _call: { readonly header: Header; readonly digest: string },
  _answer: AgentAnswer,
  _now: Instant,
): Uint8Array {
  throw new Error('not yet')
}
