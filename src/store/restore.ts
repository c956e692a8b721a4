import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import { copyDatabase, flush } from './backup.ts'
import { WAIT_MS } from './connection.ts'
import { checkKeys, keyPseudonym } from './key-check.ts'
import { migrateUp, schemaOf } from './migrate.ts'
import { SCHEMA } from './migrations/all.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import { type Voided, voidRestored } from './void.ts'

export type Restore = {
  /** The file that `backupSqlite` made. */
  readonly source: string
  /** The database to replace; it need not exist, and a server may be using it. */
  readonly file: string
  readonly keys: Keys
  readonly clock: Clock
}

export type Restored = Voided & {
  /** True where the replaced database could be read, and its counters and used-up proofs were carried over. */
  readonly carriedOver: boolean
}

/**
 * Replaces what a database holds by a backup, all or nothing. What was open in the backup is void (see `void.ts`). Where the
 * replaced database can still be read, nothing that was used up or counted in it is forgotten (INV-4, INV-5). Throws
 * where the backup is damaged, is of a newer release, or was sealed under other keys; then nothing has changed.
 */
export async function restoreSqlite({ source, file, keys, clock }: Restore): Promise<Restored> {
  if (!existsSync(source)) throw new Error(`There is no backup at ${source}.`)
  const draft = `${file}.restore`
  removeDatabase(draft)
  try {
    checkWhole(source)
    copyDatabase(source, draft)
    const voided = await makeReady(draft, keys, clock)
    const readable = isReadable(file, keys)
    if (readable) replaceRows(draft, file)
    else replaceFile(draft, file)
    return { ...voided, carriedOver: readable }
  } finally {
    removeDatabase(draft)
  }
}

/** The same for a PostgreSQL database that pg_restore has just filled; no server is running. */
export async function voidPostgres(databaseUrl: string, clock: Clock): Promise<Voided> {
  const engine = openPostgres(databaseUrl)
  try {
    return await engine.transact(db => voidRestored(db, clock.now()))
  } finally {
    await engine.close()
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

async function makeReady(draft: string, keys: Keys, clock: Clock): Promise<Voided> {
  const engine = openSqlite(draft)
  try {
    if ((await engine.read(schemaOf)) === 0) throw new Error('This file is no backup of Postern.')
    await migrateUp(engine, clock)
    return await engine.transact(async db => {
      await checkKeys(db, keys)
      return voidRestored(db, clock.now())
    })
  } finally {
    await engine.close()
  }
}

/** The replaced database holds our tables in today's schema, and answers. Throws where it belongs to other keys. */
function isReadable(file: string, keys: Keys): boolean {
  if (!existsSync(file)) return false
  const found = pseudonymIn(file)
  if (found !== null && found !== keyPseudonym(keys))
    throw new Error(`The database at ${file} belongs to another key file. Move it away before you restore.`)
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

/** Every table but the audit, which only grows; `people` before the keys that point at it. */
const REPLACED =
  'key_check resets enrollments limits outbox once settings people people_keys notices holds leases account_keys'

/**
 * Replaces the rows of the database in use, in one transaction of it. First the draft learns what must not be
 * forgotten: higher counters, newer secrets (a used TOTP step, a used recovery code), used-up things, holds, keys of
 * accounts. Records of the audit are joined: what has happened since the backup stays on record.
 */
function replaceRows(draft: string, file: string): void {
  const db = new DatabaseSync(file, { timeout: WAIT_MS })
  try {
    db.prepare('attach ? as draft').run(draft)
    db.exec(`begin immediate;
      insert into draft.limits select * from main.limits where true on conflict (name) do update set
        value = max(value, excluded.value), at = max(at, excluded.at), touched_at = max(touched_at, excluded.touched_at);
      update draft.enrollments set version = used.version, secret = used.secret, used_at = used.used_at
        from main.enrollments used where used.id = enrollments.id and used.version > enrollments.version;
      insert or ignore into draft.once select * from main.once;
      insert or replace into draft.holds select * from main.holds;
      insert or ignore into draft.account_keys select * from main.account_keys;
      insert into main.audit (${AUDIT}) select ${AUDIT} from draft.audit
        where record not in (select record from main.audit) order by id`)
    for (const table of REPLACED.split(' '))
      db.exec(`delete from main.${table}; insert into main.${table} select * from draft.${table}`)
    db.exec('commit')
  } finally {
    db.close()
  }
}

const AUDIT =
  'record, at, name, actor, result, reason, subject, object, reset, reference, method, detail, person, place, digest'

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
