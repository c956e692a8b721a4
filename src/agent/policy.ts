import type { Account } from '../account.ts'
import type { AgentCall, AgentRefusal } from '../agent-call.ts'
import type { Instant } from '../lib/clock.ts'

/** What an administrator of the agent's host allows. `browse`: search, groups, members. Finding, reading and checking is always allowed. */
export const AGENT_OPERATIONS = ['reset', 'change', 'unlock', 'authenticate', 'browse'] as const
export type AgentOperation = (typeof AGENT_OPERATIONS)[number]

/** Holds even against a hijacked server (AGT-14). */
export type AgentPolicy = {
  /** DNs; an account lies in one of them or below. None: nobody is written (the wiring hands in the base where none is set). */
  readonly allowedOus: readonly string[]
  /** DN, name or SID; members are never written. */
  readonly protectedGroups: readonly string[]
  readonly operations: readonly AgentOperation[]
  readonly resetsPerMinute: number
}

export function allowsOperation(_policy: AgentPolicy, _op: AgentCall['op']): boolean {
  throw new Error('not yet')
}

/** Null: may be written. Else why not, for the agent's own audit. */
export function whyNotWritten(_policy: AgentPolicy, _account: Account): string | null {
  throw new Error('not yet')
}

/** What was written lately, and since when too much was asked. */
export type Volume = {
  readonly granted: readonly Instant[]
  readonly turnedAway: readonly Instant[]
  readonly pausedUntil: Instant | null
}

export function spendWrite(
  _policy: AgentPolicy,
  _volume: Volume,
  _now: Instant,
): { readonly volume: Volume; readonly refusal: Extract<AgentRefusal, 'too_many' | 'paused'> | null } {
  throw new Error('not yet')
}
