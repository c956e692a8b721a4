import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { tempFolder } from '../../rig/child.ts'
import { lastingStoreConformance, storeConformance } from './conformance.ts'
import { clock, keys, type LastingPlace } from './conformance-suite.ts'
import { openStore } from './open.ts'

const inMemory = async () => ({
  open: () => openStore({ file: ':memory:', keys, clock }),
  remove: async () => {},
})

async function inFile(): Promise<LastingPlace> {
  const folder = tempFolder('store')
  const file = join(folder.path, 'postern.db')
  return {
    open: (ring = keys) => openStore({ file, keys: ring, clock }),
    remove: async () => folder.remove(),
    async sql(text) {
      const db = new DatabaseSync(file, { timeout: 1000 })
      try {
        return db.prepare(text).all()
      } finally {
        db.close()
      }
    },
    bytes: async () =>
      Buffer.concat([file, `${file}-wal`, `${file}-shm`].filter(existsSync).map(each => readFileSync(each))),
  }
}

storeConformance('SQLite in memory', inMemory)
storeConformance('SQLite in a file', inFile)
lastingStoreConformance('SQLite', inFile)
