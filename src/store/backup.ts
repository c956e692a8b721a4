import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { WAIT_MS } from './connection.ts'

/** What `postern backup` and `postern restore` say where the store is PostgreSQL. */
export const POSTGRES_BACKUP =
  'This store is PostgreSQL, which has tools of its own. Back up: pg_dump --format=custom --file=FILE DATABASE_URL. ' +
  'Restore with postern stopped: pg_restore --clean --if-exists --dbname=DATABASE_URL FILE, then run ' +
  'postern restore --after-pg-restore, so that nothing that was open or used up then works again.'

/**
 * Copies the database of a running or stopped server into a new file: consistent, complete or not there at all,
 * readable for its owner alone. What is sealed stays sealed, so the key file is backed up apart from it. Throws where
 * `target` exists or `file` does not.
 */
export function backupSqlite(file: string, target: string): void {
  if (!existsSync(file)) throw new Error(`There is no database at ${file}.`)
  if (existsSync(target)) throw new Error(`${target} exists already; a backup never overwrites a file.`)
  const draft = `${target}.draft`
  rmSync(draft, { force: true })
  copyDatabase(file, draft)
  renameSync(draft, target)
  flush(dirname(target))
}

/** A copy as of one moment, while others go on writing to `file`. */
export function copyDatabase(file: string, target: string): void {
  closeSync(openSync(target, 'wx', 0o600)) // SQLite fills an empty file, and keeps its mode
  const db = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    db.prepare('vacuum into ?').run(target)
  } finally {
    db.close()
  }
  flush(target)
}

/** To the disk: `vacuum into` leaves that to its caller. */
export function flush(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
