import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as otherWork, setTimeout as pause } from 'node:timers/promises'
import { type Answer, type Connection, createConnection, notNow, WAIT_MS } from './connection.ts'
import { asOurs, isBusy } from './sqlite-errors.ts'
import type { Bound } from './statement.ts'

/** Between two tries to get the write lock from another process: the event loop goes on meanwhile. */
const BUSY_PAUSE_MS = 10

/** Pieces of work that one commit makes durable at most: whoever came first waits for no more than these. */
const BATCH_MAX = 16

export type Writer = {
  /** Runs the work when its turn comes. What it did is durable when this resolves; `not-now` after `WAIT_MS`. */
  do<T>(work: (connection: Connection) => Promise<T>, writes: boolean): Promise<T>
  /** Resolves when nobody waits any more. */
  idle(): Promise<void>
}

/**
 * The one writer. Work waits in a queue and runs piece after piece, each in a savepoint of its own; pieces that wait
 * when another one ends share its commit, so that under load one fsync serves several. Nobody is told before it.
 */
export function createWriter(db: DatabaseSync, execute: (query: Bound<unknown>) => Answer): Writer {
  const queue = new Set<Job>()
  const runBatch = batchRunner(db, queue)
  let running: Promise<void> | null = null

  const drain = async (): Promise<void> => {
    while (queue.size > 0) {
      // Requests that came in together share a commit, and between two batches others are heard (DOS-04).
      await otherWork()
      await runBatch()
    }
    running = null
  }
  return {
    do: (work, writes) =>
      new Promise((resolve, reject) => {
        const job = createJob(work, writes, execute, { resolve, reject })
        job.late.catch(error => {
          if (queue.delete(job)) reject(error)
        })
        queue.add(job)
        running ??= drain()
      }),
    idle: async () => {
      await running
    },
  }
}

type Job = {
  /** Rejects with what the work threw, or with `not-now` once its time is over. */
  readonly run: () => Promise<void>
  /** Tells the caller, after the commit. */
  readonly done: () => void
  readonly fail: (error: unknown) => void
  /** Rejects once its time is over, whether it waits or runs. */
  readonly late: Promise<never>
}

type Caller<T> = { readonly resolve: (result: T) => void; readonly reject: (error: unknown) => void }

function createJob<T>(
  work: (connection: Connection) => Promise<T>,
  writes: boolean,
  execute: (query: Bound<unknown>) => Answer,
  { resolve, reject }: Caller<T>,
): Job {
  let over = false
  let done = (): void => {}
  const { promise: late, reject: end } = Promise.withResolvers<never>()
  const timer = setTimeout(() => end(notNow(new Error('the store was busy for too long'))), WAIT_MS)
  const connection = createConnection('sqlite', writes, async query => {
    if (over) throw new Error('this transaction is over')
    return execute(query)
  })
  return {
    late,
    done: () => done(),
    fail(error) {
      clearTimeout(timer)
      reject(error)
    },
    async run() {
      try {
        const result = await Promise.race([work(connection), late])
        done = () => resolve(result)
      } finally {
        over = true
        clearTimeout(timer)
      }
    },
  }
}

/** Takes the write lock at once, so that no work that began loses to another process afterwards. */
function batchRunner(db: DatabaseSync, queue: Set<Job>): () => Promise<void> {
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')
  const runJob = jobRunner(db)
  const failAll = (jobs: Iterable<Job>, error: unknown): void => {
    for (const job of jobs) job.fail(asOurs(error))
  }
  return async () => {
    try {
      begin.run()
    } catch (error) {
      if (isBusy(error)) return void (await pause(BUSY_PAUSE_MS))
      failAll(queue, error)
      return queue.clear()
    }
    const kept: Job[] = []
    let left = BATCH_MAX
    for (const job of queue) {
      queue.delete(job)
      if (await runJob(job)) kept.push(job)
      left -= 1
      if (left === 0 || !db.isTransaction) break
    }
    try {
      commit.run()
    } catch (error) {
      if (db.isTransaction) db.exec('rollback')
      return failAll(kept, error)
    }
    for (const job of kept) job.done()
  }
}

/** True where the work's changes stand and wait for the commit; false where they are gone and its caller knows. */
function jobRunner(db: DatabaseSync): (job: Job) => Promise<boolean> {
  const savepoint = db.prepare('savepoint work')
  const release = db.prepare('release work')
  const rollback = db.prepare('rollback to work')
  return async job => {
    try {
      savepoint.run()
      await job.run()
      release.run()
      return true
    } catch (error) {
      // A full or broken disk makes SQLite give up the whole transaction by itself.
      if (db.isTransaction) {
        rollback.run()
        release.run()
      }
      job.fail(asOurs(error))
      return false
    }
  }
}
