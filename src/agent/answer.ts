import type { AgentRefusal } from '../agent-call.ts'
import type { Ends } from '../agent-message.ts'
import type { Directory } from '../directory.ts'
import type { Clock, Instant } from '../lib/clock.ts'
import type { Journal } from './journal.ts'
import type { AgentPolicy } from './policy.ts'

/** One line of the agent's own audit. `account`: the directory's id of it. Never a password, a login, a DN. */
export type AgentAudit = {
  readonly at: Instant
  readonly event:
    | 'refused'
    | 'writing'
    | 'written'
    | 'not_written'
    | 'uncertain'
    | 'settled'
    | 'read'
    | 'paused'
  readonly job: string | null
  readonly op: string | null
  readonly account: string | null
  readonly reason?: AgentRefusal | string
}

export type AnsweringParts = {
  /** Asked for at each call, since keys roll. */
  readonly ends: () => Ends
  readonly directory: Directory
  readonly policy: AgentPolicy
  readonly journal: Journal
  readonly clock: Clock
  /** Throws where it cannot be kept: then nothing is written to the directory. */
  readonly audit: (record: AgentAudit) => void
}

export type Answering = {
  /** Never throws. Null: the frame does not even name its job, so nobody waits for an answer. */
  answer(frame: Uint8Array): Promise<Uint8Array | null>
  /** Reads what became of jobs whose end is not known (after a crash, or a lost answer); never writes. At start and now and then. */
  settle(): Promise<void>
  /** Paused by unusual volume (AGT-15); for the heartbeat. */
  isPaused(): boolean
  /** Resolves when no call is running. */
  idle(): Promise<void>
}

export function createAnswering(_parts: AnsweringParts): Answering {
  throw new Error('not yet')
}
