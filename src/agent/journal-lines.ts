import type { AccountRef } from '../account.ts'
import { type AgentAnswer, hasExactly, isWrite } from '../agent-call.ts'
import { asAnswer } from '../agent-value.ts'
import type { Instant } from '../lib/clock.ts'

/**
 * A job that was taken, as it stands: each line of the journal is one of these, and the last line of a job counts.
 * Holds no password, no login and no answer of a read.
 */
export type Job = {
  readonly id: string
  readonly op: string
  /** Of the frame that brought it (`digestOf`). */
  readonly digest: string
  readonly expiresAt: Instant
  readonly at: Instant
  /** From then on it may have reached the directory. `mark`: the account's before it was written. */
  readonly sent: { readonly ref: AccountRef; readonly mark: string; readonly at: Instant } | null
  /** Of writes alone; `failed` with `sent` where nobody knows. */
  readonly answer: AgentAnswer | null
}

/**
 * `spent`: a job that is over and has expired; only that it was there has to be known. `floor`: calls that expire by then
 * are taken no more, since their jobs may be forgotten.
 */
export type Line = Job | { readonly spent: string; readonly expiresAt: Instant } | { readonly floor: Instant }

export const writeLine = (line: Line): string => `${JSON.stringify(line)}\n`

/** Null: no line of a journal. */
export function readLine(text: string): Line | null {
  const value = parsed(text)
  if (hasExactly(value, { floor: isInstant }) || hasExactly(value, { spent: isText, expiresAt: isInstant }))
    return value as Line // as: just held to it
  if (!hasExactly(value, JOB)) return null
  const job = value as Job // as: just held to it
  return job.answer === null || asAnswer(job.op, job.answer) ? job : null
}

/** What is done twice would do harm: a write, and a try of a password, which directories count. */
export const isOnce = ({ op }: Job): boolean => isWrite(op) || op === 'authenticate'

/** Nobody knows yet what became of it. */
export const isUnsettled = ({ sent, answer }: Job): boolean =>
  sent !== null && (answer === null || (!answer.ok && 'failed' in answer && answer.failed.sent))

const isText = (value: unknown): boolean => typeof value === 'string'
const isInstant = (value: unknown): boolean => Number.isSafeInteger(value)
const isRef = (value: unknown): boolean => hasExactly(value, { directory: isText, id: isText })

const JOB = {
  id: isText,
  op: isText,
  digest: isText,
  expiresAt: isInstant,
  at: isInstant,
  sent: (value: unknown) => value === null || hasExactly(value, { ref: isRef, mark: isText, at: isInstant }),
  answer: (value: unknown) => value === null || typeof value === 'object',
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
