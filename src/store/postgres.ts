import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { stopwatch } from '../lib/clock.ts'
import {
  type Connection,
  createConnection,
  type Engine,
  notNow,
  type Run,
  WAIT_MS,
  within,
} from './connection.ts'
import { isUnavailable, lostToAnother } from './postgres-errors.ts'

/** Connections of one process. PostgreSQL allows 100 in all by default. */
const POOL_MAX = 16

/** Tries of one transaction that loses to others (serialization failure, deadlock). */
const TRIES_MAX = 5

/** PostgreSQL at READ COMMITTED: rows are held by `for update`, and single statements decide what may happen once. */
export function openPostgres(databaseUrl: string): Engine {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'postern',
    max: POOL_MAX,
    connectionTimeoutMillis: WAIT_MS,
    // The server ends what takes too long; the client gives up where the network swallowed the answer.
    statement_timeout: WAIT_MS,
    idle_in_transaction_session_timeout: 2 * WAIT_MS,
    query_timeout: WAIT_MS,
    keepAlive: true,
    types: { getTypeParser },
  })
  // A connection whose server stops emits this, idle or not; without a listener it would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => void client.on('error', () => {}))
  return {
    name: 'postgres',
    transact: work => untilItWins(() => transactOnce(pool, work)),
    read: work => readOnce(pool, work),
    close: () => pool.end(),
  }
}

const INT8 = 20

/** Counts and moments are far below 2^53, so they are numbers, as in SQLite. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text') // as: the overloads name one format each

async function untilItWins<T>(attempt: () => Promise<T>): Promise<T> {
  const since = stopwatch()
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!lostToAnother(error)) throw error
      if (tries === TRIES_MAX || since() > WAIT_MS) throw notNow(error)
    }
    // Those that met once would meet again; each waits a little longer than before.
    await pause(5 * 2 ** tries)
  }
}

type Work<T> = (connection: Connection) => Promise<T>

/** A connection for one caller, the milliseconds that are left to it, and whether its state is still known. */
type Lease = { readonly client: pg.PoolClient; readonly ms: number; broken: boolean }

const transactOnce = <T>(pool: pg.Pool, work: Work<T>): Promise<T> =>
  onLease(pool, async lease => {
    let over = false
    const execute = runner(lease)
    const connection = createConnection('postgres', true, async query => {
      if (over) throw new Error('this transaction is over')
      return execute(query)
    })
    const all = async (): Promise<T> => {
      await command(lease, 'begin')
      const result = await work(connection)
      over = true
      // Where a statement failed and the work went on, the server answers a commit with a rollback.
      if ((await command(lease, 'commit')) !== 'COMMIT') throw new Error('a failed statement was passed over')
      return result
    }
    try {
      return await inTime(lease, all())
    } catch (error) {
      over = true
      if (!lease.broken) await inTime(lease, command(lease, 'rollback'))
      throw error
    }
  })

const readOnce = <T>(pool: pg.Pool, work: Work<T>): Promise<T> =>
  onLease(pool, lease => inTime(lease, work(createConnection('postgres', false, runner(lease)))))

/** Lends a connection; one that may still be at work, or is gone, is closed instead of given back. */
async function onLease<T>(pool: pg.Pool, use: (lease: Lease) => Promise<T>): Promise<T> {
  const since = stopwatch()
  const client = await pool.connect().catch(error => {
    throw notNow(error)
  })
  const lease: Lease = { client, ms: WAIT_MS - since(), broken: false }
  try {
    return await use(lease)
  } finally {
    client.release(lease.broken)
  }
}

const inTime = <T>(lease: Lease, work: Promise<T>): Promise<T> =>
  within(lease.ms, work, () => {
    lease.broken = true
    return notNow(new Error('the database was busy for too long'))
  })

const command = (lease: Lease, text: string): Promise<string> =>
  ours(lease, async () => (await lease.client.query(text)).command)

/** One after another, as the driver wants it; named, so that each connection plans a statement once. */
function runner(lease: Lease): Run {
  let last: Promise<unknown> = Promise.resolve()
  return ({ name, sql, values }) => {
    const answer = last.then(() => ours(lease, () => lease.client.query({ name, text: sql, values })))
    last = answer.catch(() => {})
    return answer.then(({ rows, rowCount }) => ({ rows, changed: rowCount ?? 0 }))
  }
}

/** A statement that the database could not run leaves a connection that nobody should use again. */
async function ours<T>(lease: Lease, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isUnavailable(error)) throw error
    lease.broken = true
    throw notNow(error)
  }
}
