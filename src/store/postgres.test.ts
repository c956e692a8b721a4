import { afterAll, beforeAll } from 'vitest'
import { type Postgres, query, startPostgres } from '../../rig/postgres.ts'
import { lastingStoreConformance, storeConformance } from './conformance.ts'
import { clock, keys, type LastingPlace } from './conformance-suite.ts'
import { openStore } from './open.ts'

let server: Postgres
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

async function fresh(): Promise<LastingPlace> {
  const databaseUrl = await server.freshDatabase()
  return {
    open: (ring = keys) => openStore({ databaseUrl, keys: ring, clock, migrate: true }),
    remove: async () => {},
    sql: async text => (await query(databaseUrl, text)).rows,
    bytes: async () => Buffer.from(await everything(databaseUrl)),
  }
}

/** Every row of every table as text: what a dump holds. */
async function everything(databaseUrl: string): Promise<string> {
  const { rows } = await query(
    databaseUrl,
    `select string_agg(query_to_xml('select * from ' || tablename, true, false, '')::text, '') as text
       from pg_tables where schemaname = 'public'`,
  )
  return String(rows[0]?.text)
}

storeConformance('PostgreSQL', fresh)
lastingStoreConformance('PostgreSQL', fresh)
