import type { AccountRef } from '../account.ts'
import type { AgentAnswer, AgentCall } from '../agent-call.ts'
import type { Clock, Instant } from '../lib/clock.ts'

/** A job that was taken. `sent`: it may have reached the directory. `mark`: the account's before it was written. */
export type Job = {
  readonly id: string
  readonly op: string
  readonly digest: string
  readonly expiresAt: Instant
  readonly at: Instant
  readonly sent: { readonly ref: AccountRef; readonly mark: string; readonly at: Instant } | null
  /** Kept for writes alone: what a read answered may name people. */
  readonly answer: AgentAnswer | null
}

/** The journal cannot be written (disk full), or the folder is another agent's. Nothing was remembered. */
export class JournalError extends Error {
  readonly reason: 'full' | 'locked' | 'damaged'
  constructor(reason: 'full' | 'locked' | 'damaged', message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'JournalError'
    this.reason = reason
  }
}

export interface Journal {
  /** Of jobs that can still be repeated, and of all whose end is not known. */
  job(id: string): Job | null
  /** Calls that expire by then are not taken: their jobs may be forgotten, whatever the clock says. */
  readonly floor: Instant
  take(call: {
    readonly id: string
    readonly op: string
    readonly digest: string
    readonly expiresAt: Instant
  }): Promise<void>
  /** On the disk when it resolves. */
  sent(id: string, ref: AccountRef, mark: string): Promise<void>
  done(id: string, answer: AgentAnswer): Promise<void>
  /** Jobs that were sent and whose end nobody knows. */
  unsettled(): readonly Job[]
  /** When writes were sent in the last minute, for the rate. */
  recentWrites(): readonly Instant[]
  /** Whether it can be written now; tries again after a full disk. For the heartbeat. */
  isWritable(): Promise<boolean>
  close(): Promise<void>
}

/** Opens `journal.jsonl` in `folder` (0700), which no other running agent has; throws JournalError. */
export async function openJournal(_folder: string, _clock: Clock): Promise<Journal> {
  throw new Error('not yet')
}

export type WriteOp = Extract<AgentCall['op'], 'setPassword' | 'changePassword' | 'unlock'>
