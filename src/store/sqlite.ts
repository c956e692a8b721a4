import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Answer, createConnection, type Engine, WAIT_MS } from './connection.ts'
import { asOurs } from './sqlite-errors.ts'
import { createWriter } from './sqlite-writer.ts'
import type { Bound } from './statement.ts'

/** 16 MB: the pages of the indexes, even with 250,000 open resets. */
const CACHE_KB = 16_000

/** How long a read may wait inside SQLite, where it blocks this process: while another one recovers from a crash. */
const READ_TIMEOUT_MS = 250

/**
 * SQLite of the runtime: one writer, one reader beside it. WAL lets the reader see the last commit while the writer
 * works; a database in memory has no second connection, so there reads take turns with the writer.
 */
export function openSqlite(file: string): Engine {
  const writing = openFile(file)
  const reading = file === ':memory:' ? null : openReader(file)
  const writer = createWriter(writing, createExecute(writing))
  const execute = reading ? createExecute(reading) : null
  return {
    name: 'sqlite',
    transact: work => writer.do(work, true),
    read: async work =>
      execute
        ? work(createConnection('sqlite', false, async query => execute(query)))
        : writer.do(work, false),
    async close() {
      await writer.idle()
      reading?.close()
      writing.close()
    },
  }
}

/**
 * Opens or makes the file, readable for its owner alone; WAL and shared memory inherit its mode. Once it is open, SQLite
 * never waits for a lock: the writer does, and the event loop goes on.
 */
export function openFile(file: string): DatabaseSync {
  let db: DatabaseSync | null = null
  try {
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600))
    db = new DatabaseSync(file, { timeout: WAIT_MS })
    db.exec('pragma journal_mode=wal')
    db.exec(`pragma synchronous=full; pragma foreign_keys=on; pragma secure_delete=fast;
      pragma temp_store=memory; pragma cache_size=-${CACHE_KB}; pragma busy_timeout=0`)
    return db
  } catch (error) {
    db?.close()
    throw asOurs(error)
  }
}

function openReader(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: READ_TIMEOUT_MS, readOnly: true })
  db.exec(`pragma temp_store=memory; pragma cache_size=-${CACHE_KB}`)
  return db
}

type Prepared = { readonly statement: StatementSync; readonly reads: boolean }

/** Runs statements, each prepared once per text: the store has a closed list of them. */
function createExecute(db: DatabaseSync): (query: Bound<unknown>) => Answer {
  const known = new Map<string, Prepared>()
  const prepare = (sql: string): Prepared => {
    const statement = db.prepare(sql)
    const prepared = { statement, reads: statement.columns().length > 0 }
    known.set(sql, prepared)
    return prepared
  }
  return ({ sql, values }) => {
    try {
      const { statement, reads } = known.get(sql) ?? prepare(sql)
      if (!reads) return { rows: [], changed: Number(statement.run(...values).changes) }
      const rows = statement.all(...values)
      return { rows, changed: rows.length }
    } catch (error) {
      throw asOurs(error)
    }
  }
}
