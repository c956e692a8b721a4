import { type AgentAnswer, type AgentRefusal, isWrite } from '../agent-call.ts'
import type { Header } from '../agent-envelope.ts'
import {
  digestOf,
  type Ends,
  openCall,
  type Read,
  readCall,
  type SignedCall,
  sealAnswer,
} from '../agent-message.ts'
import { MESSAGE_BYTES_MAX } from '../relay.ts'
import type { AgentAudit, Audit } from './audit.ts'
import { isUnsettled, type Job } from './journal-lines.ts'
import { type Parts, perform, type Refused } from './perform.ts'
import { isPaused, quiet } from './policy.ts'
import { settleJob } from './settle.ts'

export type AnsweringParts = Omit<Parts, 'volume'> & {
  /** Asked for at each call, since keys roll. */
  readonly ends: () => Ends
}

export type Answering = {
  /**
   * Never throws. Checks in this order, and stops at the first no: size, envelope, version, whom it is for, signature,
   * time, replay, seal, operation, header against what was sealed, policy, rate. Null: the frame does not even name its
   * job, so nobody can be answered.
   */
  answer(frame: Uint8Array): Promise<Uint8Array | null>
  /** Reads what became of jobs whose end is not known (after a crash, or a lost answer); never writes. At start and now and then. */
  settle(): Promise<void>
  /** Paused by unusual volume (AGT-15); for the heartbeat. */
  isPaused(): boolean
  /** Resolves when no call is running. */
  idle(): Promise<void>
}

type Running = { readonly digest: string; readonly answer: Promise<AgentAnswer> }
type Inside = { readonly parts: Parts; readonly ends: () => Ends; readonly running: Map<string, Running> }

/** The answering half: everything that comes from a server goes through here before a directory hears of it. */
export function createAnswering({ ends, ...rest }: AnsweringParts): Answering {
  const { journal, clock } = rest
  const parts: Parts = { ...rest, volume: { ...quiet, granted: journal.recentWrites() } }
  const inside: Inside = { parts, ends, running: new Map() }
  return {
    async answer(frame) {
      try {
        return await answerFrame(inside, frame)
      } catch {
        return null
      }
    },
    async settle() {
      for (const job of journal.unsettled()) if (!inside.running.has(job.id)) await settleJob(parts, job)
    },
    isPaused: () => isPaused(parts.volume, clock.now()),
    async idle() {
      await Promise.allSettled([...inside.running.values()].map(({ answer }) => answer))
    },
  }
}

async function answerFrame(inside: Inside, frame: Uint8Array): Promise<Uint8Array | null> {
  const { parts, ends } = inside
  const read = readCall(ends(), frame, parts.clock.now())
  if (read.ok) return sealed(inside, read.value, await answerOnce(inside, read.value))
  note(parts.audit, { ...aboutOf(read.header), event: 'refused', reason: read.refusal }, parts)
  const unread = read.header && { header: read.header, digest: digestOf(frame) }
  return unread && sealed(inside, unread, { ok: false, refused: read.refusal })
}

/** An answer that is longer than any message may be is none: nobody can be told. */
function sealed(
  { parts, ends }: Inside,
  call: Pick<SignedCall, 'header' | 'digest'>,
  answer: AgentAnswer,
): Uint8Array {
  const now = parts.clock.now()
  const frame = sealAnswer(ends(), call, answer, now)
  if (frame.length <= MESSAGE_BYTES_MAX) return frame
  return sealAnswer(ends(), call, { ok: false, failed: { sent: false } }, now)
}

/** A job that is running is waited for, one that is done is told; neither is done again. */
async function answerOnce(inside: Inside, call: SignedCall): Promise<AgentAnswer> {
  const { parts, running } = inside
  const { header, digest } = call
  const same = running.get(header.job)
  if (same) return same.digest === digest ? await same.answer : refuse(parts, header, 'replayed')
  const known = parts.journal.known(header.job)
  const isForgotten = known === null && header.expiresAt <= parts.journal.floor()
  if (isForgotten || (known !== null && !isRepeat(known, digest))) return refuse(parts, header, 'replayed')
  const answer = known ? repeated(parts, header, known) : takeAndPerform(inside, call)
  running.set(header.job, { digest, answer })
  try {
    return await answer
  } finally {
    running.delete(header.job)
  }
}

const isRepeat = (known: Job | 'spent', digest: string): known is Job =>
  known !== 'spent' && known.digest === digest

/** What a read answered is not kept; a write that was taken and never sent has not happened, and does not any more. */
async function repeated(parts: Parts, header: Header, job: Job): Promise<AgentAnswer> {
  if (isUnsettled(job)) return await settleJob(parts, job)
  return job.answer ?? refuse(parts, header, 'replayed')
}

async function takeAndPerform({ parts, ends }: Inside, call: SignedCall): Promise<AgentAnswer> {
  const { job: id, op, expiresAt } = call.header
  try {
    await parts.journal.take({ id, op, digest: call.digest, expiresAt })
  } catch {
    return refuse(parts, call.header, 'journal_full')
  }
  const opened = openCall(ends(), call)
  const outcome = opened.ok ? await perform(parts, call.header, opened.value) : refusedBy(opened)
  if (!('refused' in outcome)) return outcome
  return await rememberRefusal(parts, call.header, outcome)
}

const refusedBy = (read: Extract<Read<unknown>, { ok: false }>): Refused => ({ refused: read.refusal })

/** Who was told no is not written later by the same message. */
async function rememberRefusal(
  parts: Parts,
  header: Header,
  { refused, why }: Refused,
): Promise<AgentAnswer> {
  const answer = refuse(parts, header, refused, why)
  // Where it cannot be kept, the job is known all the same, and comes to "replayed".
  if (isWrite(header.op)) await parts.journal.done(header.job, answer).catch(() => undefined)
  return answer
}

function refuse(parts: Parts, header: Header, refused: AgentRefusal, why?: string): AgentAnswer {
  const reason = why === undefined ? refused : `${refused}: ${why}`
  note(parts.audit, { ...aboutOf(header), event: 'refused', reason }, parts)
  return { ok: false, refused }
}

/** Of a refusal nothing else depends on its record: what is refused stays refused. */
function note(audit: Audit, record: Omit<AgentAudit, 'at'>, { clock }: Parts): void {
  try {
    audit({ at: clock.now(), ...record })
  } catch {
    // The disk is full; there is no other place to say so.
  }
}

/** A header that was not signed may say anything: in short, then. */
const aboutOf = (header: Header | null): Pick<AgentAudit, 'job' | 'op' | 'account'> => ({
  job: header?.job ?? null,
  op: header?.op.slice(0, 20) ?? null,
  account: header?.account?.slice(0, 100).replace('\0', '/') ?? null,
})
