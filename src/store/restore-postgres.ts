import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Clock } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import { type Connection, createConnection, type Engine } from './connection.ts'
import { dumpedRows } from './dumped-rows.ts'
import { checkSchema, migrateUp, schemaOf } from './migrate.ts'
import { SCHEMA } from './migrations/all.ts'
import { type Client, onClient } from './postgres-client.ts'
import { heldByAnother } from './postgres-errors.ts'
import { checkProgram, type ProgramPlace } from './postgres-programs.ts'
import { checkOwner, makeReady, NO_BACKUP, type Restore, type Restored } from './restore.ts'
import { joinAudit, replacedTables, replaceRows, type Sides } from './restored-rows.ts'

export type PostgresRestore = Restore & ProgramPlace

/**
 * The same as `restoreSqlite` for a PostgreSQL database, in one transaction: the backup is read into temporary tables
 * that nobody else sees, and its rows take the place of those in use. Servers go on, and find either all or nothing of
 * it. An empty database is filled. The role needs no right beyond its own tables but to make temporary ones.
 */
export async function restorePostgres({ source, keys, clock, ...place }: PostgresRestore): Promise<Restored> {
  if (!existsSync(source)) throw new Error(`There is no backup at ${source}.`)
  await checkProgram('pg_restore', place)
  const schema = await schemaIn(source, place)
  return onClient(place.databaseUrl, async client => {
    await client.query('begin')
    const { live, isUsed } = await readyLive(client, keys, clock)
    const draft = await openDraft(client)
    await migrateUp(draft, clock, schema)
    await load(client, source, place)
    const voided = await makeReady(draft, keys, clock)
    await replace(client, { live, draft: 'pg_temp' })
    await client.query('commit')
    return { ...voided, carriedOver: isUsed }
  })
}

/** The schema of a backup. Throws where it is newer than this program's, or none of ours. */
async function schemaIn(source: string, place: ProgramPlace): Promise<number> {
  let schema = 0
  for await (const { rows } of dumpedRows(source, place, ['migrations']))
    schema = Math.max(schema, ...rows.map(row => Number(row['number'])))
  if (!(schema > 0)) throw new Error(NO_BACKUP)
  if (schema > SCHEMA) checkSchema(schema, 'postgres')
  return schema
}

type Live = {
  /** Its schema, as a statement names it. */
  readonly live: string
  /** False where no server has ever worked with it. */
  readonly isUsed: boolean
}

/** The database in use; its tables are made where there are none. Throws where it belongs to other keys. */
async function readyLive(client: Client, keys: Keys, clock: Clock): Promise<Live> {
  const engine = withinTransaction(client)
  const found = await engine.read(schemaOf)
  if (found === 0) await migrateUp(engine, clock)
  else checkSchema(found, engine.name)
  const { rows } = await client.query(
    'select current_schema() as name, (select pseudonym from key_check) as pseudonym',
  )
  const [{ name, pseudonym }] = rows as [{ name: string; pseudonym: string | null }] // as: what is asked above
  checkOwner(pseudonym, keys)
  return { live: pg.escapeIdentifier(name), isUsed: pseudonym !== null }
}

/** For comparing both sides of a table without the disk, while others wait. */
const WORK_MEM_MB = 128

/** From here on every name without a schema means a temporary table; they are gone when the connection is. */
async function openDraft(client: Client): Promise<Engine> {
  await client.query(`set local search_path = pg_temp; set local work_mem = '${WORK_MEM_MB}MB'`)
  return withinTransaction(client)
}

/** An engine whose only transaction is the one that is open. */
function withinTransaction(client: Client): Engine {
  const db = createConnection('postgres', true, async ({ sql, values }) => {
    const { rows, rowCount } = await client.query(sql, values)
    return { rows, changed: rowCount ?? 0 }
  })
  const here = <T>(work: (db: Connection) => Promise<T>): Promise<T> => work(db)
  return { name: 'postgres', transact: here, read: here, close: async () => {} }
}

/** Fills the draft. Throws where the backup lacks one of its tables. */
async function load(client: Client, source: string, place: ProgramPlace): Promise<void> {
  const { rows: made } = await client.query(
    `select tablename as name from pg_tables where schemaname = current_schema() and tablename <> 'migrations'`,
  )
  const wanted = new Set<string>(made.map(({ name }) => name))
  const found = new Set<string>()
  for await (const { table, rows } of dumpedRows(source, place)) {
    if (!wanted.has(table)) continue
    found.add(table)
    await client.query(insertInto(table), [JSON.stringify(rows)])
  }
  if (found.size < wanted.size) throw new Error(NO_BACKUP)
}

const insertInto = (table: string): string =>
  `insert into pg_temp.${table} overriding system value select * from json_populate_recordset(null::pg_temp.${table}, $1)`

/** Nobody waits behind the records of the audit, which only grow; behind the other tables only for the exchange. */
async function replace(client: Client, sides: Sides): Promise<void> {
  await client.query(joinAudit(sides))
  await holdAll(client, `lock table ${replacedTables(sides)} in exclusive mode`)
  for (const text of replaceRows(sides)) await client.query(text)
}

/**
 * Longer and longer waits. The first are shorter than `deadlock_timeout` (1 s), so that we give way and not a server
 * whose transaction wants a table that we hold already; after the last even autovacuum has given way to us.
 */
const LOCK_WAITS_MS = [200, 500, 1_000, 2_000]

/** Reading goes on meanwhile. Throws where others never leave room. */
async function holdAll(client: Client, text: string): Promise<void> {
  for (const ms of LOCK_WAITS_MS) {
    try {
      await client.query(`savepoint before_lock; set local lock_timeout = ${ms}; ${text}`)
      return
    } catch (error) {
      if (!heldByAnother(error)) throw error
      await client.query('rollback to savepoint before_lock')
      await pause(ms / 4)
    }
  }
  throw new Error(
    'Others never stopped writing to the database. Nothing has changed; try again when it is quieter.',
  )
}
