import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { backupSqlite } from './backup-sqlite.ts'
import { type RestorePlace, restoreConformance } from './conformance-restore.ts'
import { clock, keys, now, samplePerson } from './conformance-suite.ts'
import { openStore } from './open.ts'
import { restoreSqlite } from './restore-sqlite.ts'

async function fresh(): Promise<RestorePlace> {
  const folder = tempFolder('restore')
  const backups = tempFolder('backup')
  const file = join(folder.path, 'postern.db')
  return {
    folder: backups.path,
    open: (ring = keys) => openStore({ file, keys: ring, clock }),
    backup: target => backupSqlite({ file, target }),
    restore: (source, ring = keys) => restoreSqlite({ source, file, keys: ring, clock }),
    unpacked: source => readFileSync(source),
    async sql(text) {
      const db = new DatabaseSync(file, { timeout: 1000 })
      try {
        return db.prepare(text).all()
      } finally {
        db.close()
      }
    },
    async remove() {
      expect(readdirSync(folder.path).filter(name => name.includes('restore'))).toEqual([])
      folder.remove()
      backups.remove()
    },
  }
}

restoreConformance('SQLite', fresh)

let folder: TempFolder
let file: string
let source: string
const open = () => openStore({ file, keys, clock })
const restore = () => restoreSqlite({ source, file, keys, clock })
const alice = samplePerson('alice')
beforeEach(async () => {
  folder = tempFolder('restore')
  file = join(folder.path, 'postern.db')
  source = join(folder.path, 'backup.db')
  const store = await open()
  await store.transact(tx => tx.people.insert(alice, ['alice']))
  await store.transact(tx => tx.limits.add('failures:a', 7, now))
  await store.close()
})
afterEach(() => folder.remove())

it('makes no database where there is none to copy', async () => {
  const nothing = { file: join(folder.path, 'nothing'), target: source }
  await expect(backupSqlite(nothing)).rejects.toThrow('no database')
  expect(readdirSync(folder.path)).toEqual(['postern.db'])
})

it('moves a database aside that cannot be read', async () => {
  await backupSqlite({ file, target: source })
  for (const end of ['', '-wal', '-shm'])
    if (existsSync(file + end)) writeFileSync(file + end, 'rubbish '.repeat(999))
  expect(await restore()).toMatchObject({ carriedOver: false })
  expect(existsSync(`${file}.replaced`)).toBe(true)
  const store = await open()
  expect(await store.read(tx => tx.people.byKeys(['alice']))).toEqual([alice])
  expect((await store.read(tx => tx.limits.get('failures:a')))?.value).toBe(7)
  await store.close()
  file = join(folder.path, 'elsewhere.db')
  expect(await restore()).toMatchObject({ carriedOver: false })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('refuses a database of another program', async () => {
  const db = new DatabaseSync(source)
  db.exec('create table migrations (number integer, name text)')
  db.close()
  await expect(restore()).rejects.toThrow('no backup of Postern')
})
