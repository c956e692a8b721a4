import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Postgres, query, startPostgres } from '../../rig/postgres.ts'
import { clock, keys, now, parallel } from './conformance-suite.ts'
import { SCHEMA } from './migrations/all.ts'
import { migrate, openStore } from './open.ts'
import type { Store } from './store.ts'

let server: Postgres
let databaseUrl: string
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  databaseUrl = await server.freshDatabase()
})

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  await migrate(databaseUrl, clock)
  const store = await openStore({ databaseUrl, keys, clock })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}

it('is migrated by hand alone, and says how', async () => {
  await expect(openStore({ databaseUrl, keys, clock })).rejects.toThrow('Run: postern migrate')
  const before = await parallel(3, () => migrate(databaseUrl, clock))
  expect(before.toSorted()).toEqual([0, SCHEMA, SCHEMA])
  await (await openStore({ databaseUrl, keys, clock })).close()
})

it('says not-now while the server is frozen, and serves again when it moves', { timeout: 30_000 }, () =>
  withStore(async store => {
    await store.transact(tx => tx.limits.add('a', 1, now))
    const backend = await backendOf(databaseUrl)
    process.kill(backend, 'SIGSTOP')
    const began = performance.now()
    await expect(store.transact(tx => tx.limits.add('a', 1, now))).rejects.toMatchObject({ code: 'not-now' })
    expect(performance.now() - began).toBeLessThan(7_000)
    process.kill(backend, 'SIGCONT')
    expect((await store.transact(tx => tx.limits.add('b', 1, now))).value).toBe(1)
  }),
)

it('survives the loss of its connections, in use and idle', () =>
  withStore(async store => {
    await parallel(4, () => store.transact(tx => tx.limits.add('a', 1, now)))
    const lost = store.transact(async tx => {
      await tx.limits.add('a', 1, now)
      await query(
        server.url,
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern'`,
      )
      await tx.limits.add('a', 1, now)
    })
    await expect(lost).rejects.toMatchObject({ code: 'not-now' })
    // Each idle connection may still be met once while it is being ended.
    for (let idle = 0; idle < 8; idle += 1) await store.read(tx => tx.limits.get('a')).catch(() => null)
    expect((await store.transact(tx => tx.limits.add('a', 1, now))).value).toBe(5)
  }))

it('says not-now where nothing may be written', () =>
  withStore(async store => {
    const name = new URL(databaseUrl).pathname.slice(1)
    await query(server.url, `alter database ${name} set default_transaction_read_only = on`)
    await query(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'postern'`,
    )
    const write = async (): Promise<unknown> =>
      store.transact(tx => tx.limits.add('a', 1, now)).catch(error => error)
    await write() // may still meet a connection that is being ended
    const outcome = await write()
    expect(outcome).toMatchObject({ code: 'not-now', cause: { code: '25006' } })
    expect(await store.read(tx => tx.limits.get('a'))).toBeNull()
  }))

it('refuses to commit where a statement failed and was passed over', () =>
  withStore(async store => {
    const careless = store.transact(async tx => {
      await tx.limits.add('a', 1, now)
      await tx.leases.take('x', null as unknown as string, now, now).catch(() => {}) // as: the column refuses null
    })
    await expect(careless).rejects.toThrow('passed over')
    expect(await store.read(tx => tx.limits.get('a'))).toBeNull()
  }))

it('says not-now at once where nobody listens', async () => {
  const nobody = openStore({ databaseUrl: 'postgres://postern@127.0.0.1:9/nothing', keys, clock })
  await expect(nobody).rejects.toMatchObject({ code: 'not-now' })
})

async function backendOf(url: string): Promise<number> {
  const name = new URL(url).pathname.slice(1)
  const { rows } = await query(server.url, `select pid from pg_stat_activity where datname = '${name}'`)
  return Number(rows[0]?.pid)
}
