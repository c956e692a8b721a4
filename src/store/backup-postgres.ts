import { closeSync } from 'node:fs'
import pg from 'pg'
import { onClient } from './postgres-client.ts'
import { checkProgram, type ProgramPlace, runInto } from './postgres-programs.ts'
import { BACKED_UP } from './restored-rows.ts'
import { createOwn, writeWhole } from './whole-file.ts'

export type PostgresBackup = ProgramPlace & { readonly target: string }

/**
 * The same as `backupSqlite` for a PostgreSQL database, by pg_dump in its custom format: our tables as of one moment,
 * and nothing else that lives in that database. Throws a sentence where pg_dump is missing or older than the server.
 */
export async function backupPostgres({ target, ...place }: PostgresBackup): Promise<void> {
  const { schema, version } = await onClient(place.databaseUrl, async client => {
    const { rows } = await client.query(ABOUT)
    // as: both are text by what `ABOUT` asks.
    return rows[0] as { schema: string; version: string }
  })
  await checkProgram('pg_dump', place, Math.floor(Number(version) / 10_000))
  await writeWhole(target, async draft => {
    const opened = createOwn(draft)
    try {
      await runInto(opened, 'pg_dump', [...ARGUMENTS, ...tablesOf(schema)], place)
    } finally {
      closeSync(opened)
    }
  })
}

const ABOUT = `select current_schema() as schema, current_setting('server_version_num') as version`

const ARGUMENTS = ['--format=custom', '--encoding=UTF8', '--no-owner', '--no-privileges', '--strict-names']

/** Where the numbers of the audit go on is the database's own affair, and may be hidden from the server's role. */
const tablesOf = (schema: string): string[] => {
  const quoted = pg.escapeIdentifier(schema)
  const tables = BACKED_UP.map(table => `--table=${quoted}.${pg.escapeIdentifier(table)}`)
  return [...tables, `--exclude-table-data=${quoted}.*_seq`]
}
