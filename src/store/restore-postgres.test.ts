import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { type Postgres, query, startPostgres } from '../../rig/postgres.ts'
import { backupPostgres } from './backup-postgres.ts'
import { type RestorePlace, restoreConformance } from './conformance-restore.ts'
import { clock, keys, now, parallel, samplePerson, sampleReset } from './conformance-suite.ts'
import { migrate, openStore } from './open.ts'
import { restorePostgres } from './restore-postgres.ts'
import type { Store } from './store.ts'

const { env } = process
let server: Postgres
let folder: TempFolder
beforeAll(async () => {
  folder = tempFolder('backups')
  server = await startPostgres()
}, 60_000)
afterAll(async () => {
  await server.stop()
  folder.remove()
})

async function fresh(): Promise<RestorePlace> {
  const backups = tempFolder('backup')
  const databaseUrl = await server.freshDatabase()
  return {
    folder: backups.path,
    open: (ring = keys) => openStore({ databaseUrl, keys: ring, clock, migrate: true }),
    backup: target => backupPostgres({ databaseUrl, target, env }),
    restore: (source, ring = keys) => restorePostgres({ source, databaseUrl, keys: ring, clock, env }),
    unpacked: source => execFileSync('pg_restore', ['--file=-', source]),
    sql: async text => (await query(databaseUrl, text)).rows,
    remove: async () => backups.remove(),
  }
}

restoreConformance('PostgreSQL', fresh)

const restore = (databaseUrl: string, source: string) =>
  restorePostgres({ source, databaseUrl, keys, clock, env })

/** A database, a server that is open on it, and a backup of what `fill` put there. */
async function backedUp(
  name: string,
  fill: (store: Store, databaseUrl: string) => Promise<unknown>,
  given?: string,
): Promise<{ databaseUrl: string; store: Store; source: string }> {
  const databaseUrl = given ?? (await server.freshDatabase())
  const store = await openStore({ databaseUrl, keys, clock, migrate: true })
  await fill(store, databaseUrl)
  const source = join(folder.path, name)
  await backupPostgres({ databaseUrl, target: source, env })
  return { databaseUrl, store, source }
}

it('lets servers that write all the while go on: no count is lost, and nobody sees half of it', async () => {
  const bob = samplePerson('bob')
  const { databaseUrl, store, source } = await backedUp('busy', first =>
    first.transact(tx => tx.people.insert(bob, ['bob'])),
  )
  const other = await openStore({ databaseUrl, keys, clock })
  let busy = true
  const counted = [0, 0, 0, 0]
  const writers = parallel(4, async index => {
    while (busy) {
      await (index % 2 ? store : other).transact(async tx => {
        if (index < 2) await tx.limits.add(`failures:${index}`, 1, now)
        await tx.audit({ name: 'reset.started', actor: 'person', result: 'ok', subject: `s${index}` })
        if (index >= 2) await tx.limits.add(`failures:${index}`, 1, now)
      })
      counted[index] = (counted[index] ?? 0) + 1
    }
  })
  const reader = (async () => {
    while (busy) {
      expect(await store.read(tx => tx.people.byKeys(['bob']))).toEqual([bob])
      await pause(1)
    }
  })()
  await restore(databaseUrl, source)
  busy = false
  await writers
  await reader
  for (const index of counted.keys())
    expect((await store.read(tx => tx.limits.get(`failures:${index}`)))?.value).toBe(counted[index])
  const records = await query(databaseUrl, 'select count(*) as records from audit')
  expect(Number(records.rows[0]?.records)).toBe(counted.reduce((sum, each) => sum + each))
  await other.close()
  await store.close()
})

it('gives way to a server that wants a table which it holds already', async () => {
  const { databaseUrl, store, source } = await backedUp('giving-way', first =>
    first.transact(tx => tx.limits.add('failures:a', 1, now)),
  )
  const reset = sampleReset()
  let restored: Promise<unknown> = Promise.resolve()
  let times = 0
  await store.transact(async tx => {
    times += 1
    await tx.limits.add('failures:a', 1, now)
    restored = restore(databaseUrl, source)
    await lockWaiter(databaseUrl)
    await tx.resets.insert(reset, 'digest')
  })
  await restored
  expect(times).toBe(1)
  expect((await store.read(tx => tx.limits.get('failures:a')))?.value).toBe(2)
  expect(await store.read(tx => tx.resets.lock(reset.id))).toBeNull()
  await store.close()
})

it('stops before it changes anything where others never leave room', async () => {
  const { databaseUrl, store, source } = await backedUp('no-room', first =>
    first.transact(tx => tx.limits.add('failures:a', 1, now)),
  )
  const stubborn = query(databaseUrl, 'begin; update limits set value = 2; select pg_sleep(60)')
  const ended = expect(stubborn).rejects.toThrow('terminating')
  await expect(restore(databaseUrl, source)).rejects.toThrow('Nothing has changed')
  await query(
    server.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
      where query like '%pg_sleep%' and pid <> pg_backend_pid()`,
  )
  await ended
  expect((await store.read(tx => tx.limits.get('failures:a')))?.value).toBe(1)
  await store.close()
})

it('needs no right beyond those of the server’s own role, and says which one is missing', async () => {
  const { databaseUrl, store, source } = await backedUp('rights', first =>
    first.transact(tx => tx.limits.add('failures:a', 1, now)),
  )
  await store.close()
  const name = new URL(databaseUrl).pathname.slice(1)
  await query(
    databaseUrl,
    `create role app login password 'app';
      grant select, insert, update, delete on all tables in schema public to app;
      revoke update, delete on audit, migrations from app;
      revoke insert on migrations from app`,
  )
  const asApp = databaseUrl.replace(/postern:[^@]+@/, 'app:app@')
  await backupPostgres({ databaseUrl: asApp, target: join(folder.path, 'by-app'), env })
  expect(await restore(asApp, join(folder.path, 'by-app'))).toMatchObject({ carriedOver: true })
  await query(databaseUrl, `revoke temporary on database ${name} from public`)
  await expect(restore(asApp, source)).rejects.toThrow(/lacks a right: .*temporary tables/)
  await query(databaseUrl, `grant temporary on database ${name} to app; revoke delete on limits from app`)
  await expect(restore(asApp, source)).rejects.toThrow(/lacks a right: .* limits/)
  const empty = await server.freshDatabase()
  const asAppThere = empty.replace(/postern:[^@]+@/, 'app:app@')
  await expect(restore(asAppThere, source)).rejects.toThrow(/lacks a right: .*schema public/)
})

it('takes a database that was only migrated for what it is: empty', async () => {
  const { store, source } = await backedUp('from-elsewhere', async () => {})
  await store.close()
  const databaseUrl = await server.freshDatabase()
  await migrate(databaseUrl, clock)
  expect(await restore(databaseUrl, source)).toMatchObject({ carriedOver: false })
})

it('takes and touches nothing but our tables, wherever they are', async () => {
  const quoted = '"Our ""schema"""'
  const empty = await server.freshDatabase()
  await query(empty, `create schema ${quoted}; create table public.limits (stranger text)`)
  await query(empty, `insert into public.limits values ('a neighbour')`)
  const searching = `${empty}?options=${encodeURIComponent(`-c search_path=${quoted.replaceAll(' ', '\\ ')}`)}`
  const { store, source } = await backedUp(
    'elsewhere',
    first => first.transact(tx => tx.limits.add('failures:a', 3, now)),
    searching,
  )
  expect(execFileSync('pg_restore', ['--file=-', source]).includes('neighbour')).toBe(false)
  await store.transact(tx => tx.limits.clear('failures:a'))
  await restore(searching, source)
  expect((await store.read(tx => tx.limits.get('failures:a')))?.value).toBe(3)
  await store.close()
  expect((await query(empty, 'select * from public.limits')).rows).toEqual([{ stranger: 'a neighbour' }])
  const elsewhere = await server.freshDatabase()
  await restore(elsewhere, source)
  expect((await query(elsewhere, 'select value from public.limits')).rows).toEqual([{ value: 3 }])
})

it('carries tens of thousands of rows', async () => {
  const { databaseUrl, store, source } = await backedUp('many', (_, url) =>
    query(url, `insert into limits select 'name ' || n, n, n, n, 1, 0 from generate_series(1, 30000) n`),
  )
  await query(databaseUrl, 'delete from limits where value % 2 = 0')
  await restore(databaseUrl, source)
  const { rows } = await query(
    databaseUrl,
    'select count(*)::int as rows, sum(value)::int as sum from limits',
  )
  expect(rows).toEqual([{ rows: 30_000, sum: 450_015_000 }])
  await store.close()
})

it('refuses a dump that lacks tables, and one of another program', async () => {
  const { databaseUrl, store } = await backedUp('whole', async () => {})
  await store.close()
  const partial = join(folder.path, 'partial')
  execFileSync('pg_dump', ['--format=custom', '--table=migrations', `--file=${partial}`, databaseUrl])
  await expect(restore(databaseUrl, partial)).rejects.toThrow('no backup of Postern')
  const other = await server.freshDatabase()
  await query(other, 'create table migrations (id text)')
  execFileSync('pg_dump', ['--format=custom', `--file=${partial}`, other])
  await expect(restore(databaseUrl, partial)).rejects.toThrow('no backup of Postern')
})

/** Resolves once somebody waits for a lock in this database. */
async function lockWaiter(databaseUrl: string): Promise<void> {
  for (;;) {
    const { rows } = await query(
      databaseUrl,
      'select 1 from pg_locks where not granted and relation is not null',
    )
    if (rows.length > 0) return
    await pause(5)
  }
}
