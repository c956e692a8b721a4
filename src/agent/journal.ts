import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountRef } from '../account.ts'
import { type AgentAnswer, isWrite } from '../agent-call.ts'
import { CLOCK_SKEW_MS } from '../agent-message.ts'
import { type Clock, hours, type Instant, minutes, seconds } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { lockFolder } from './folder-lock.ts'
import { flushFolder, JournalError, JournalFile, type OpenFile } from './journal-file.ts'
import { isOnce, isUnsettled, type Job, type Line, readLine, writeLine } from './journal-lines.ts'

/**
 * What an agent has done, on its disk: what was written once is never written again, whatever is sent again, whenever the
 * agent dies (AGT-07, INV-2). Every method that writes throws JournalError where it cannot; then nothing changed.
 */
export interface Journal {
  /** `spent`: it was there, and is over. Null: never seen, or a read of long ago. */
  known(id: string): Job | 'spent' | null
  /** Calls that expire by then are not taken: their jobs may be forgotten, whatever the clock says. */
  floor(): Instant
  take(call: Pick<Job, 'id' | 'op' | 'digest' | 'expiresAt'>): Promise<void>
  /** On the disk when it resolves. */
  sent(id: string, ref: AccountRef, mark: string): Promise<void>
  /** On the disk when it resolves. For writes: what a read answered may name people. */
  done(id: string, answer: AgentAnswer): Promise<void>
  /** Jobs that were sent and whose end nobody knows, the oldest first. */
  unsettled(): readonly Job[]
  /** When writes were sent in the last minute, for the rate. */
  recentWrites(): readonly Instant[]
  /** Whether it can be written now; tries again after a full disk. For the heartbeat. */
  isWritable(): Promise<boolean>
  close(): Promise<void>
}

/** Beyond the expiry of any job and the skew of any clock (AGT-07). */
const KEEP_MS = hours(24)
/** What is not settled by then stays unknown for good (decisions 4.9 gives the server 24 h). */
const UNSETTLED_MS = hours(48)
/** A smaller file is not written anew; a larger one once it is four times what had to be kept. */
const REWRITE_BYTES_MIN = 1024 * 1024
const PRUNE_MS = seconds(5)

type State = {
  /** Those that may be repeated, and those that are not settled; the oldest first. */
  readonly jobs: Map<string, Job>
  readonly spent: Map<string, Instant>
  floor: Instant
}

/**
 * Opens `journal.jsonl` in `folder` (0700). Throws JournalError: `locked` where another running agent has the folder,
 * `damaged` where a line before the last cannot be read. A last line that was torn by a crash was never relied on.
 */
export async function openJournal(folder: string, clock: Clock, openFile?: OpenFile): Promise<Journal> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const release = lockFolder(folder, systemRandom)
  if (!release) throw new JournalError('locked', `another agent runs with the folder ${folder}`)
  try {
    const path = join(folder, 'journal.jsonl')
    const state: State = { jobs: new Map(), spent: new Map(), floor: 0 }
    const size = load(path, state)
    const file = await JournalFile.open(path, size, openFile)
    flushFolder(folder)
    prune(state, clock.now())
    return journalOf(file, state, clock, release)
  } catch (error) {
    release()
    throw error
  }
}

/** Gives the length of what is good. */
function load(path: string, state: State): number {
  if (!existsSync(path)) return 0
  const bytes = readFileSync(path)
  let good = 0
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at)
    const line = end < 0 ? null : readLine(bytes.toString('utf8', at, end))
    if (line && at > good)
      throw new JournalError('damaged', `${path} has a line that nobody wrote before byte ${at}`)
    if (line) apply(state, line)
    if (line) good = end + 1
    at = end < 0 ? bytes.length : end + 1
  }
  return good
}

function apply(state: State, line: Line): void {
  if ('floor' in line) state.floor = Math.max(state.floor, line.floor)
  else if ('spent' in line) state.spent.set(line.spent, line.expiresAt)
  else state.jobs.set(line.id, line)
}

/** Forgets what can do no harm any more; whose expiry raises the floor is refused by it. */
function prune(state: State, now: Instant): void {
  for (const job of state.jobs.values()) {
    if (now < Math.max(job.expiresAt + CLOCK_SKEW_MS, job.at + minutes(1))) continue
    if (isUnsettled(job) && now < job.at + UNSETTLED_MS) continue
    state.jobs.delete(job.id)
    if (isOnce(job)) state.spent.set(job.id, job.expiresAt)
  }
  for (const [id, expiresAt] of state.spent) {
    if (now < expiresAt + KEEP_MS) continue
    state.spent.delete(id)
    state.floor = Math.max(state.floor, expiresAt)
  }
}

const linesOf = ({ floor, spent, jobs }: State): string[] => [
  writeLine({ floor }),
  ...[...spent].map(([id, expiresAt]) => writeLine({ spent: id, expiresAt })),
  ...[...jobs.values()].map(writeLine),
]

function journalOf(file: JournalFile, state: State, clock: Clock, release: () => void): Journal {
  let prunedAt = clock.now()
  let rewriteAt = Math.max(REWRITE_BYTES_MIN, 4 * file.bytes)
  let hasFailed = false

  async function rewrite(): Promise<void> {
    await file.rewrite(() => linesOf(state))
    rewriteAt = Math.max(REWRITE_BYTES_MIN, 4 * file.bytes)
  }

  async function append(line: Line, sync: boolean): Promise<void> {
    try {
      if (file.needsRewrite) await rewrite()
      await file.append(writeLine(line), sync, () => apply(state, line))
      hasFailed = false
    } catch (error) {
      hasFailed = true
      throw error
    }
  }

  async function tidy(): Promise<void> {
    const now = clock.now()
    if (Math.abs(now - prunedAt) >= PRUNE_MS) {
      prunedAt = now
      prune(state, now)
    }
    if (file.bytes < rewriteAt) return
    rewriteAt = 2 * file.bytes
    // Where there is no room for a second file, the first one goes on.
    await rewrite().catch(() => undefined)
  }

  function jobOf(id: string): Job {
    const job = state.jobs.get(id)
    if (!job) throw new Error('a job that was not taken')
    return job
  }

  return {
    known: id => state.jobs.get(id) ?? (state.spent.has(id) ? 'spent' : null),
    floor: () => state.floor,
    async take(call) {
      await tidy()
      await append({ ...call, at: clock.now(), sent: null, answer: null }, false)
    },
    sent: (id, ref, mark) => append({ ...jobOf(id), sent: { ref, mark, at: clock.now() } }, true),
    done: (id, answer) => append({ ...jobOf(id), answer }, true),
    unsettled: () => [...state.jobs.values()].filter(isUnsettled),
    recentWrites: () => recentWrites(state, clock.now()),
    async isWritable() {
      if (hasFailed) await append({ floor: state.floor }, true).catch(() => undefined)
      return !hasFailed
    },
    async close() {
      await file.close()
      release()
    },
  }
}

const recentWrites = ({ jobs }: State, now: Instant): readonly Instant[] =>
  [...jobs.values()].flatMap(({ op, sent }) =>
    sent && isWrite(op) && Math.abs(now - sent.at) < minutes(1) ? [sent.at] : [],
  )
