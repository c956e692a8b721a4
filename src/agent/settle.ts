import type { AgentAnswer } from '../agent-call.ts'
import { written } from '../directory.ts'
import { deadline, minutes, seconds } from '../lib/clock.ts'
import type { Job } from './journal-lines.ts'
import type { Parts } from './perform.ts'

const READ_MS = seconds(5)
/** "Unchanged" is believed only when nothing can still be on its way (decisions 4.9). */
const ARRIVES_MS = minutes(1)

/** Reads what became of a job that was sent, keeps and tells it; never writes to the directory, never throws. */
export async function settleJob(parts: Parts, job: Job): Promise<AgentAnswer> {
  const unknown: AgentAnswer = { ok: false, failed: { sent: true } }
  const became = await read(parts, job)
  const isOver = job.sent !== null && parts.clock.now() - job.sent.at >= ARRIVES_MS
  if (became === 'unknown' || (became === 'unchanged' && !isOver)) return unknown
  const answer: AgentAnswer =
    became === 'changed' ? { ok: true, value: written } : { ok: false, failed: { sent: false } }
  try {
    await parts.journal.done(job.id, answer)
    const account = job.sent && `${job.sent.ref.directory}/${job.sent.ref.id}`
    const { id, op } = job
    parts.audit({ at: parts.clock.now(), event: 'settled', job: id, op, account, reason: became })
  } catch {
    // It is read again another time; what was read is true all the same.
  }
  return answer
}

/** An unlock leaves no trace in a mark: there the lock itself is read. */
async function read({ directory }: Parts, { op, sent }: Job): Promise<'changed' | 'unchanged' | 'unknown'> {
  if (!sent) return 'unchanged'
  try {
    if (op !== 'unlock') return await directory.outcome(sent.ref, sent.mark, deadline(READ_MS))
    const account = await directory.read(sent.ref, deadline(READ_MS))
    if (!account) return 'unknown'
    return account.locked ? 'unchanged' : 'changed'
  } catch {
    return 'unknown'
  }
}
