import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import { copyDatabase } from './backup-sqlite.ts'
import { WAIT_MS } from './connection.ts'
import { SCHEMA } from './migrations/all.ts'
import { checkOwner, makeReady, type Restore, type Restored } from './restore.ts'
import { joinAudit, replaceRows } from './restored-rows.ts'
import { openSqlite } from './sqlite.ts'
import type { Voided } from './void.ts'
import { flush } from './whole-file.ts'

/** `file`: the database to replace; it need not exist, and a server may be using it. */
export type SqliteRestore = Restore & { readonly file: string }

/**
 * Replaces what a database holds by a backup, all or nothing. What was open in the backup is void (see `void.ts`). Where the
 * replaced database can still be read, nothing that was used up or counted in it is forgotten (INV-4, INV-5). Throws
 * where the backup is damaged, is of a newer release, or was sealed under other keys; then nothing has changed.
 */
export async function restoreSqlite({ source, file, keys, clock }: SqliteRestore): Promise<Restored> {
  if (!existsSync(source)) throw new Error(`There is no backup at ${source}.`)
  const draft = `${file}.restore`
  removeDatabase(draft)
  try {
    checkWhole(source)
    copyDatabase(source, draft)
    const voided = await readyDraft(draft, keys, clock)
    const readable = isReadable(file, keys)
    if (readable) replaceInPlace(draft, file)
    else replaceFile(draft, file)
    return { ...voided, carriedOver: readable }
  } finally {
    removeDatabase(draft)
  }
}

function checkWhole(source: string): void {
  const db = new DatabaseSync(source, { readOnly: true })
  try {
    const [row] = db.prepare('pragma integrity_check').all()
    if (row?.['integrity_check'] !== 'ok')
      throw new Error(`${source} is damaged: ${row?.['integrity_check']}`)
  } finally {
    db.close()
  }
}

async function readyDraft(draft: string, keys: Keys, clock: Clock): Promise<Voided> {
  const engine = openSqlite(draft)
  try {
    return await makeReady(engine, keys, clock)
  } finally {
    await engine.close()
  }
}

/** The replaced database holds our tables in today's schema, and answers. Throws where it belongs to other keys. */
function isReadable(file: string, keys: Keys): boolean {
  if (!existsSync(file)) return false
  const found = pseudonymIn(file)
  checkOwner(found, keys)
  return found !== null
}

function pseudonymIn(file: string): unknown {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(file, { timeout: WAIT_MS })
    const [row] = db.prepare('select max(number) as number, pseudonym from migrations, key_check').all()
    return row?.['number'] === SCHEMA ? row['pseudonym'] : null
  } catch {
    return null
  } finally {
    db?.close()
  }
}

/** In one transaction of the database in use: a server goes on with the other rows. */
function replaceInPlace(draft: string, file: string): void {
  const sides = { live: 'main', draft: 'draft' }
  const db = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    db.prepare('attach ? as draft').run(draft)
    db.exec(['begin immediate', joinAudit(sides), ...replaceRows(sides), 'commit'].join(';\n'))
  } finally {
    db.close()
  }
}

/** A database that cannot be read is moved aside, never deleted. */
function replaceFile(draft: string, file: string): void {
  for (const end of ['', '-wal', '-shm']) {
    if (existsSync(file + end)) renameSync(file + end, `${file}.replaced${end}`)
  }
  renameSync(draft, file)
  flush(dirname(file))
}

function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
}
