import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { stopwatch } from '../lib/clock.ts'
import {
  type Answer,
  type Connection,
  createConnection,
  type Engine,
  notNow,
  WAIT_MS,
  within,
} from './connection.ts'
import type { Bound } from './statement.ts'
import { createTurns } from './turns.ts'

/** Between two tries to get the write lock from another process: the event loop goes on meanwhile. */
const BUSY_PAUSE_MS = 10

/** 16 MB: the pages of the indexes, even with 250,000 open resets. */
const CACHE_KB = 16_000

/** How long SQLite itself may wait inside one statement, where it blocks this process: recovery after a crash only. */
const BUSY_TIMEOUT_MS = 250

/**
 * SQLite of the runtime: one writer, one reader beside it. WAL lets the reader see the last commit while the writer
 * works; a database in memory has no second connection, so there reads take turns with the writer.
 */
export function openSqlite(file: string): Engine {
  const writer = openFile(file)
  const reader = file === ':memory:' ? null : openReader(file)
  const write = runner(writer)
  const read = reader ? runner(reader) : write
  const turns = createTurns()

  return {
    name: 'sqlite',
    async transact(work) {
      const since = stopwatch()
      const giveBack = await turns.take(WAIT_MS)
      try {
        await begin(writer, since)
        return await settle(writer, work, write, WAIT_MS - since())
      } finally {
        giveBack()
      }
    },
    async read(work) {
      const giveBack = reader ? () => {} : await turns.take(WAIT_MS)
      try {
        return await work(createConnection('sqlite', false, async query => read(query)))
      } finally {
        giveBack()
      }
    },
    async close() {
      const giveBack = await turns.take(WAIT_MS)
      reader?.close()
      writer.close()
      giveBack()
    },
  }
}

/** Opens or makes the file, readable for its owner alone; WAL and shared memory inherit its mode. */
export function openFile(file: string): DatabaseSync {
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    db.exec('pragma journal_mode=wal')
    db.exec(`pragma synchronous=full; pragma foreign_keys=on; pragma secure_delete=fast;
      pragma temp_store=memory; pragma cache_size=-${CACHE_KB}; pragma busy_timeout=${BUSY_TIMEOUT_MS}`)
    return db
  } catch (error) {
    db.close()
    throw asOurs(error)
  }
}

function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, readOnly: true })
  db.exec(`pragma temp_store=memory; pragma cache_size=-${CACHE_KB}`)
  return db
}

/** Prepared once per text: the store has a closed list of statements. */
function runner(db: DatabaseSync): (query: Bound<unknown>) => Answer {
  const prepared = new Map<string, { readonly statement: StatementSync; readonly reads: boolean }>()
  const prepare = (sql: string): { readonly statement: StatementSync; readonly reads: boolean } => {
    const statement = db.prepare(sql)
    const made = { statement, reads: statement.columns().length > 0 }
    prepared.set(sql, made)
    return made
  }
  return ({ sql, values }) => {
    try {
      const { statement, reads } = prepared.get(sql) ?? prepare(sql)
      if (!reads) return { rows: [], changed: Number(statement.run(...values).changes) }
      const rows = statement.all(...values)
      return { rows, changed: rows.length }
    } catch (error) {
      throw asOurs(error)
    }
  }
}

/** Takes the write lock at once: a transaction that began never loses to another one afterwards. */
async function begin(writer: DatabaseSync, since: () => number): Promise<void> {
  for (;;) {
    try {
      writer.exec('begin immediate')
      return
    } catch (error) {
      if (codeOf(error) !== BUSY || since() > WAIT_MS) throw asOurs(error)
    }
    await pause(BUSY_PAUSE_MS)
  }
}

/** Runs the work and commits; a statement that comes after the end (nobody awaited it) is refused. */
async function settle<T>(
  writer: DatabaseSync,
  work: (connection: Connection) => Promise<T>,
  write: (query: Bound<unknown>) => Answer,
  ms: number,
): Promise<T> {
  let ended = false
  const connection = createConnection('sqlite', true, async query => {
    if (ended) throw new Error('this transaction is over')
    return write(query)
  })
  try {
    const result = await within(ms, work(connection), () => notNow(new Error('a transaction took too long')))
    ended = true
    writer.exec('commit')
    return result
  } catch (error) {
    ended = true
    if (writer.isTransaction) writer.exec('rollback')
    throw asOurs(error)
  }
}

const BUSY = 5

/** BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (sqlite.org/rescode.html). */
const UNAVAILABLE = [BUSY, 6, 7, 8, 10, 11, 13, 14, 15, 26]

const codeOf = (error: unknown): number | null =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null

/** What only an operator can mend becomes `not-now`; a mistake of ours stays what it is. */
const asOurs = (error: unknown): unknown => (UNAVAILABLE.includes(codeOf(error) ?? 0) ? notNow(error) : error)
