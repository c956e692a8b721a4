import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { keysOf } from '../../rig/keys.ts'
import { backupSqlite } from './backup.ts'
import {
  clock,
  keys,
  now,
  sampleEnrollment,
  sampleNotice,
  samplePerson,
  sampleReset,
} from './conformance-suite.ts'
import { openStore } from './open.ts'
import { restoreSqlite } from './restore.ts'
import type { Store } from './store.ts'

let folder: TempFolder
let file: string
let source: string
let store: Store
const open = (): Promise<Store> => openStore({ file, keys, clock })
const restore = () => restoreSqlite({ source, file, keys, clock })
beforeEach(async () => {
  folder = tempFolder('restore')
  file = join(folder.path, 'postern.db')
  source = join(folder.path, 'backup.db')
  store = await open()
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

const reset = sampleReset()
const enrollment = sampleEnrollment()
const notice = sampleNotice()
const alice = samplePerson('alice')
const event = { actor: 'person', result: 'ok', subject: 's', person: { login: 'alice' } } as const

const fill = (): Promise<void> =>
  store.transact(async tx => {
    await tx.people.insert(alice, ['alice'])
    await tx.resets.insert(reset, 'digest')
    await tx.enrollments.insert('s', enrollment)
    await tx.notices.insert('token', notice)
    await tx.limits.add('failures:a', 7, now)
    await tx.once.use('ticket', 'before', now + 9000)
    await tx.outbox.add({ kind: 'code', code: '1', expiresAt: now, reference: 'r' }, null, now + 9000, now)
    await tx.outbox.add({ kind: 'reset_required', displayName: 'x' }, null, now + 9000, now)
    await tx.settings.save(0, { gates: 1 }, now)
    await tx.audit({ ...event, name: 'reset.started' })
  })

it('copies a database in use, for its owner alone, and never over a file', async () => {
  await fill()
  backupSqlite(file, source)
  expect(statSync(source).mode & 0o777).toBe(0o600)
  expect(() => backupSqlite(file, source)).toThrow('exists already')
  expect(() => backupSqlite(join(folder.path, 'nothing'), join(folder.path, 'b'))).toThrow('no database')
  expect(existsSync(join(folder.path, 'nothing'))).toBe(false)
})

it('brings back what was lost while a server goes on, and nothing that was open works again (DRR-02)', async () => {
  await fill()
  backupSqlite(file, source)
  await store.transact(tx => tx.people.remove(alice.id))
  const restored = await restore()
  expect(restored).toEqual({ resets: 1, codes: 1, letters: 1, carriedOver: true })
  expect(await store.read(tx => tx.people.byKeys(['alice']))).toEqual([alice])
  expect(await store.read(tx => tx.resets.lock(reset.id))).toBeNull()
  expect(await store.transact(tx => tx.outbox.claim(now, 1000, 9))).toEqual([])
  expect(await store.read(tx => tx.outbox.counts(now))).toMatchObject({ waiting: 0, dead: 1 })
  expect(await store.transact(tx => tx.notices.use(notice.id, now))).toBe(false)
  expect(await store.transact(tx => tx.once.use('ticket', 'before', now + 9000))).toBe(false)
  expect(await store.read(tx => tx.settings.current())).toMatchObject({ version: 1 })
  expect(readdirSync(folder.path).filter(name => name.includes('restore'))).toEqual([])
})

it('forgets nothing that was counted, used up or recorded since the backup (INV-4, INV-5)', async () => {
  await fill()
  backupSqlite(file, source)
  await store.transact(async tx => {
    await tx.limits.add('failures:a', 1, now + 1)
    await tx.limits.add('failures:b', 1, now)
    await tx.once.use('ticket', 'after', now + 9000)
    await tx.enrollments.advance(enrollment.id, 1, { secret: 'used', usedAt: now })
    await tx.notices.hold('s', { until: now + 9000, channels: [], methods: [] }, now)
    await tx.audit({ ...event, name: 'reset.written', subject: 'new' })
  })
  await restore()
  expect(await store.read(tx => tx.limits.get('failures:a'))).toEqual({ value: 8, at: now + 1 })
  expect(await store.read(tx => tx.limits.get('failures:b'))).toEqual({ value: 1, at: now })
  expect(await store.transact(tx => tx.once.use('ticket', 'after', now + 9000))).toBe(false)
  expect(await store.read(tx => tx.enrollments.get(enrollment.id))).toMatchObject({
    secret: 'used',
    version: 2,
  })
  expect(await store.read(tx => tx.notices.holdOf('s', now))).not.toBeNull()
  await store.transact(tx => tx.audit({ ...event, name: 'backup.restored', subject: 'new' }))
  const records = await store.read(tx => tx.auditRecords(0, 9))
  expect(records.map(({ name }) => name)).toEqual(['reset.started', 'reset.written', 'backup.restored'])
  expect(records.map(({ person }) => person)).toEqual(Array(3).fill(event.person))
})

it('fills a place where no database is, and moves one aside that cannot be read', async () => {
  await fill()
  backupSqlite(file, source)
  await store.close()
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(file + end)) writeFileSync(file + end, 'rubbish '.repeat(999))
  expect(await restore()).toMatchObject({ carriedOver: false })
  expect(existsSync(`${file}.replaced`)).toBe(true)
  store = await open()
  expect(await store.read(tx => tx.people.byKeys(['alice']))).toEqual([alice])
  expect((await store.read(tx => tx.limits.get('failures:a')))?.value).toBe(7)
  file = join(folder.path, 'elsewhere.db')
  expect(await restore()).toMatchObject({ carriedOver: false })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('refuses a damaged backup, another program, other keys and a newer release, and changes nothing', async () => {
  await fill()
  backupSqlite(file, source)
  const before = await store.read(tx => tx.resets.lock(reset.id))
  const foreign = restoreSqlite({ source, file, keys: keysOf('another'), clock })
  await expect(foreign).rejects.toThrow('key file')
  const occupied = join(folder.path, 'occupied.db')
  await (await openStore({ file: occupied, keys: keysOf('another'), clock })).close()
  await expect(restoreSqlite({ source, file: occupied, keys, clock })).rejects.toThrow('another key file')
  const db = new DatabaseSync(source)
  db.exec(`insert into migrations (number, name, applied_at) values (99, 'future', 0)`)
  await expect(restore()).rejects.toThrow('newer release')
  db.exec('drop table migrations')
  db.close()
  await expect(restore()).rejects.toThrow('no backup of Postern')
  writeFileSync(source, 'rubbish '.repeat(999))
  await expect(restore()).rejects.toThrow()
  await expect(restoreSqlite({ source: join(folder.path, 'none'), file, keys, clock })).rejects.toThrow(
    'no backup at',
  )
  expect(await store.read(tx => tx.resets.lock(reset.id))).toEqual(before)
  expect(readdirSync(folder.path).filter(name => name.includes('restore'))).toEqual([])
})
