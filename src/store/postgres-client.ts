import pg from 'pg'
import { notNow, WAIT_MS } from './connection.ts'
import { heldByAnother, isUnavailable } from './postgres-errors.ts'

const INSUFFICIENT_PRIVILEGE = '42501'

export type Client = {
  /**
   * Throws a sentence where the role lacks a right, AppError `not-now` where the database cannot be reached; a lock
   * that is held by another as it is.
   */
  query(text: string, values?: readonly (string | number | null)[]): Promise<pg.QueryResult>
}

/**
 * One connection for an operator's command, which may take as long as it takes; the server's own bounds are for people
 * who wait. What is not committed when `work` throws did not happen.
 */
export async function onClient<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'postern',
    connectionTimeoutMillis: WAIT_MS,
    keepAlive: true,
  })
  client.on('error', () => {}) // told by the next query
  const told = async <R>(call: () => Promise<R>): Promise<R> => {
    try {
      return await call()
    } catch (error) {
      throw toldOf(error)
    }
  }
  try {
    await told(() => client.connect())
    await told(() => client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0'))
    return await work({ query: (text, values = []) => told(() => client.query(text, [...values])) })
  } finally {
    await client.end().catch(() => {})
  }
}

/** The words of PostgreSQL name the table or the right. */
function toldOf(error: unknown): unknown {
  if (error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) {
    return new Error(`The role in the address of the database lacks a right: ${error.message}.`, {
      cause: error,
    })
  }
  return isUnavailable(error) && !heldByAnother(error) ? notNow(error) : error
}
