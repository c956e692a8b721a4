import { sql } from 'kysely'
import type { Clock } from '../lib/clock.ts'
import type { Connection, Engine } from './connection.ts'
import { MIGRATIONS, SCHEMA } from './migrations/all.ts'
import type { Migration } from './migrations/migration.ts'
import { builders, raw, statement } from './statement.ts'

/** The schema of this database: 0 where it holds nothing of ours yet. */
export async function schemaOf(db: Connection): Promise<number> {
  const table = await db.row(db.engine === 'sqlite' ? sqliteTable : postgresTable, {})
  if (!table) return 0
  return (await db.row(newestMigration, {}))?.number ?? 0
}

/** Throws where this program cannot work with the schema: with a sentence for the operator. */
export function checkSchema(found: number, engine: Engine['name']): void {
  if (found > SCHEMA) throw new Error(TOO_NEW(found))
  if (found < SCHEMA) throw new Error(engine === 'postgres' ? TOO_OLD_POSTGRES(found) : TOO_OLD(found))
}

const TOO_NEW = (found: number): string =>
  `The database has schema ${found}, and this program knows schemas up to ${SCHEMA}: it belongs to a newer release.`
const TOO_OLD = (found: number): string =>
  `The database has schema ${found}, and this program needs schema ${SCHEMA}.`
const TOO_OLD_POSTGRES = (found: number): string => `${TOO_OLD(found)} Run: postern migrate`

/** Brings the database to this program's schema, or to an older one, all or nothing; says what it was before. */
export const migrateUp = (engine: Engine, clock: Clock, to = SCHEMA): Promise<number> =>
  engine.transact(async db => {
    if (db.engine === 'postgres') await db.rows(oneAtATime, {})
    const found = await schemaOf(db)
    if (found > SCHEMA) throw new Error(TOO_NEW(found))
    if (found === 0) await db.changed(createMigrations, {})
    for (const migration of MIGRATIONS.slice(found, to)) await apply(db, migration, clock)
    return found
  })

async function apply(db: Connection, { number, name, steps }: Migration, clock: Clock): Promise<void> {
  for (const step of steps(builders[db.engine], db.engine)) {
    await db.changed(
      statement(() => step),
      {},
    )
  }
  await db.changed(insertMigration, { number, name, now: clock.now() })
}

/** Two that migrate PostgreSQL at once wait for each other; the number is ours alone. */
const oneAtATime = statement(db => raw(db, sql`select pg_advisory_xact_lock(7065737465)`))

const sqliteTable = statement(db =>
  raw<{ name: string }>(db, sql`select name from sqlite_master where type = 'table' and name = 'migrations'`),
)
const postgresTable = statement(db =>
  raw<{ name: string }>(
    db,
    sql`select tablename as name from pg_tables where schemaname = current_schema() and tablename = 'migrations'`,
  ),
)
const newestMigration = statement(db =>
  db.selectFrom('migrations').select('number').orderBy('number', 'desc').limit(1),
)
const createMigrations = statement(db =>
  db.schema
    .createTable('migrations')
    .addColumn('number', 'integer', column => column.primaryKey())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('applied_at', 'bigint', column => column.notNull()),
)
const insertMigration = statement((db, p: { number: number; name: string; now: number }) =>
  db.insertInto('migrations').values({ number: p.number, name: p.name, applied_at: p.now }),
)
