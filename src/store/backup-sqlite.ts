import { closeSync, existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { WAIT_MS } from './connection.ts'
import { createOwn, flush, writeWhole } from './whole-file.ts'

export type SqliteBackup = { readonly file: string; readonly target: string }

/**
 * Copies the database of a running or stopped server into a new file: consistent, complete or not there at all,
 * readable for its owner alone. What is sealed stays sealed, so the key file is backed up apart from it. Throws where
 * `target` exists or `file` does not.
 */
export async function backupSqlite({ file, target }: SqliteBackup): Promise<void> {
  if (!existsSync(file)) throw new Error(`There is no database at ${file}.`)
  await writeWhole(target, draft => copyDatabase(file, draft))
}

/** A copy as of one moment, while others go on writing to `file`. */
export function copyDatabase(file: string, target: string): void {
  closeSync(createOwn(target)) // SQLite fills an empty file, and keeps its mode
  const db = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    db.prepare('vacuum into ?').run(target)
  } finally {
    db.close()
  }
  flush(target) // `vacuum into` leaves that to its caller
}
