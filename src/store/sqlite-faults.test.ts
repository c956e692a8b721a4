import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { AppError } from '../errors.ts'
import { clock, keys, now, parallel, sampleReset } from './conformance-suite.ts'
import { SCHEMA } from './migrations/all.ts'
import { openStore } from './open.ts'
import { copyName, keepCopy } from './sqlite-copy.ts'
import type { Store } from './store.ts'

let folder: TempFolder
let file: string
let store: Store | null = null
const open = async (migrate?: boolean): Promise<Store> => {
  store = await openStore({ file, keys, clock, ...(migrate === undefined ? {} : { migrate }) })
  return store
}
beforeEach(() => {
  folder = tempFolder('sqlite-faults')
  file = join(folder.path, 'postern.db')
})
afterEach(async () => {
  await store?.close()
  store = null
  folder.remove()
})

/** Commits one counter after another and says each number once it is durable. */
const COMMITTER = `
  import { fakeClock } from ${JSON.stringify(new URL('../../rig/clock.ts', import.meta.url).href)}
  import { keysOf } from ${JSON.stringify(new URL('../../rig/keys.ts', import.meta.url).href)}
  import { openStore } from ${JSON.stringify(new URL('./open.ts', import.meta.url).href)}
  const store = await openStore({ file: process.argv[1], keys: keysOf('store'), clock: fakeClock() })
  const text = 'x'.repeat(2000)
  const commit = async n => {
    await store.transact(async tx => {
      await tx.limits.add('failures:' + n, 1, 1)
      await tx.outbox.add({ kind: 'reset_required', displayName: text }, null, 9, 1)
      await tx.limits.add('all', 1, 1)
    })
    console.log(n)
  }
  let next = 0
  try {
    await Promise.all([1, 2, 3, 4].map(async () => { for (;;) await commit(next++) }))
  } catch (error) {
    console.log('refused: ' + error.code)
    process.exit(0)
  }
`
const startCommitter = (shell: string) =>
  spawn(
    'bash',
    [
      '-c',
      `${shell} exec "$@"`,
      'bash',
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      COMMITTER,
      file,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )

/** Every number that was said stands in the file, and the counter of all agrees with the rows. */
async function expectNothingLost(said: readonly number[]): Promise<void> {
  const reopened = await open()
  for (const n of said) expect((await reopened.read(tx => tx.limits.get(`failures:${n}`)))?.value).toBe(1)
  const db = new DatabaseSync(file)
  const [rows] = db.prepare(`select count(*) as rows from limits where name like 'failures:%'`).all()
  const [check] = db.prepare('pragma integrity_check').all()
  db.close()
  expect((await reopened.read(tx => tx.limits.get('all')))?.value).toBe(rows?.['rows'])
  expect(check?.['integrity_check']).toBe('ok')
}

it('has everything that was said to be done after kill -9 (RL-11, DRR-06)', { timeout: 30_000 }, async () => {
  const child = startCommitter('')
  const said: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(Number(line))
    if (said.length === 60) child.kill('SIGKILL')
  }
  expect(said.length).toBeGreaterThanOrEqual(60)
  await expectNothingLost(said)
})

it('says not-now when no more can be written, and keeps what it said before', {
  timeout: 30_000,
}, async () => {
  // A file may not grow beyond 600 blocks of 1024 bytes: for the process that is a full disk.
  const child = startCommitter(`trap '' XFSZ; ulimit -f 600;`)
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  if (child.exitCode === null) await once(child, 'exit')
  expect(lines.at(-1)).toBe('refused: not-now')
  await expectNothingLost(lines.filter(line => /^\d+$/.test(line)).map(Number))
})

it('says not-now within the wait while another process holds the write lock, and then goes on', {
  timeout: 20_000,
}, async () => {
  const store = await open()
  await store.transact(tx => tx.limits.add('a', 1, now))
  const other = new DatabaseSync(file)
  other.exec('begin immediate')
  const began = performance.now()
  let ticks = 0
  const ticking = setInterval(() => {
    ticks += 1
  }, 20)
  const outcomes = await parallel(3, () =>
    store.transact(tx => tx.limits.add('a', 1, now)).catch(error => error),
  )
  clearInterval(ticking)
  expect(performance.now() - began).toBeLessThan(7_000)
  expect(ticks).toBeGreaterThan(60) // the event loop went on meanwhile
  for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'not-now', retryAfterSeconds: 60 })
  expect((await store.read(tx => tx.limits.get('a')))?.value).toBe(1)
  other.exec('rollback')
  other.close()
  expect((await store.transact(tx => tx.limits.add('a', 1, now))).value).toBe(2)
})

it('gives up a transaction that does not end, and serves the next one', { timeout: 20_000 }, async () => {
  const store = await open()
  const endless = store.transact(async tx => {
    await tx.limits.add('a', 1, now)
    await new Promise(() => {})
  })
  const next = store.transact(tx => tx.limits.add('b', 1, now))
  await expect(endless).rejects.toBeInstanceOf(AppError)
  await Promise.allSettled([next])
  expect(await store.read(tx => tx.limits.get('a'))).toBeNull()
  expect((await store.transact(tx => tx.limits.add('c', 1, now))).value).toBe(1)
})

it('makes files that only their owner may read', async () => {
  const store = await open()
  await store.transact(tx => tx.resets.insert(sampleReset(), 'digest'))
  for (const end of ['', '-wal', '-shm']) expect(statSync(file + end).mode & 0o777, end).toBe(0o600)
})

it('says not-now for a file that is no database, and for a folder that is not there', async () => {
  writeFileSync(file, 'not a database at all, but long enough to be read as one\n'.repeat(100))
  await expect(open()).rejects.toMatchObject({ code: 'not-now' })
  file = join(folder.path, 'nowhere', 'postern.db')
  await expect(open()).rejects.toThrow(/nowhere|open/)
})

it('refuses an empty database where it may not migrate', async () => {
  await expect(open(false)).rejects.toThrow('schema 0')
  await (await open()).close()
  await (await open(false)).close()
  expect(existsSync(copyName(file, 1))).toBe(false)
})

it('copies a database before it is migrated, once, and nothing that is empty or current', async () => {
  const before = SCHEMA - 1
  const store = await open()
  await store.transact(tx => tx.limits.add('a', 1, now))
  keepCopy(file, SCHEMA)
  keepCopy(file, 0)
  expect(existsSync(copyName(file, SCHEMA))).toBe(false)
  keepCopy(file, before)
  const copy = new DatabaseSync(copyName(file, before))
  expect(copy.prepare('select value from limits').all()).toEqual([{ value: 1 }])
  copy.close()
  chmodSync(copyName(file, before), 0o400)
  await store.transact(tx => tx.limits.add('a', 1, now))
  keepCopy(file, before)
  expect(statSync(copyName(file, before)).mode & 0o777).toBe(0o400)
})
