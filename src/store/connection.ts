import { AppError } from '../errors.ts'
import type { Bound, EngineName, Params, Statement } from './statement.ts'

/** Runs statements: inside one transaction, or reading. */
export type Connection = {
  readonly engine: EngineName
  /** False where it only reads: then no row may be locked. */
  readonly writes: boolean
  rows<P extends Params, Row>(statement: Statement<P, Row>, params: P): Promise<Row[]>
  /** The first row, where there is one. */
  row<P extends Params, Row>(statement: Statement<P, Row>, params: P): Promise<Row | undefined>
  /** How many rows were written. */
  changed<P extends Params, Row>(statement: Statement<P, Row>, params: P): Promise<number>
}

/** What a database driver makes of one statement. */
export type Answer = { readonly rows: unknown[]; readonly changed: number }
export type Run = (query: Bound<unknown>) => Promise<Answer>

export interface Engine {
  readonly name: EngineName
  /** `work` may run again where PostgreSQL gave another transaction precedence. */
  transact<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  read<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export function createConnection(engine: EngineName, writes: boolean, run: Run): Connection {
  const answer = async <P extends Params, Row>(statement: Statement<P, Row>, params: P): Promise<Answer> => {
    const bound = statement(engine, params)
    if (!writes && !bound.reads) throw new Error('a read must not write')
    return run(bound)
  }
  return {
    engine,
    writes,
    // as: Kysely gives the row's type from the columns of `tables.ts`, which the migrations made.
    rows: async (statement, params) => (await answer(statement, params)).rows as never[],
    row: async (statement, params) => (await answer(statement, params)).rows[0] as never,
    changed: async (statement, params) => (await answer(statement, params)).changed,
  }
}

/** No caller waits longer for the store than this (INV-7); then the answer is `not-now`. */
export const WAIT_MS = 5_000

/** The database is down, locked, full or read-only: nothing was spent, nothing happened. */
export const notNow = (cause: unknown): AppError =>
  new AppError('not-now', 'The service cannot keep records at the moment. Please try again in a minute.', {
    retryAfterSeconds: 60,
    cause,
  })

/** The result of `work`, or `late` once `ms` are over; what `work` does afterwards is nobody's business any more. */
export async function within<T>(ms: number, work: Promise<T>, late: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(ms, 0))
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
