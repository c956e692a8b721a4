import { systemRandom } from '../lib/random.ts'
import { createKeys, KEY_BYTES, type Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

/** Opened data keys that are kept in memory at most; the one that came first goes first. */
const CACHE_MAX = 10_000

export type Sealer = Pick<Keys, 'seal' | 'open'>

/**
 * One data key per account, sealed under the key ring. What identifies a person in the audit is sealed under it, so
 * that erasing this one row erases the person everywhere (decisions 7.8).
 */
export type AccountKeys = {
  /** The key of a subject, made at its first use. A new key is remembered only after the commit that stores it. */
  of(db: Connection, subject: string, afterCommit: (run: () => void) => void): Promise<Sealer>
  /** Null where the key was erased. */
  find(db: Connection, subject: string): Promise<Sealer | null>
}

export function createAccountKeys(keys: Keys): AccountKeys {
  const cache = new Map<string, Sealer>()
  const remember = (subject: string, sealer: Sealer): void => {
    const [oldest] = cache.keys()
    if (cache.size >= CACHE_MAX && oldest !== undefined) cache.delete(oldest)
    cache.set(subject, sealer)
  }
  const find = async (db: Connection, subject: string): Promise<Sealer | null> => {
    const row = await db.row(findKey, { subject })
    return row ? sealerOf(keys.open(row.key, boundTo(subject))) : null
  }
  return {
    find,
    async of(db, subject, afterCommit) {
      const known = cache.get(subject) ?? (await find(db, subject))
      const sealer = known ?? (await create(db, keys, subject))
      if (!cache.has(subject)) afterCommit(() => remember(subject, sealer))
      return sealer
    },
  }
}

async function create(db: Connection, keys: Keys, subject: string): Promise<Sealer> {
  const secret = Buffer.from(systemRandom.bytes(KEY_BYTES)).toString('base64url')
  const made = await db.changed(insertKey, { subject, key: keys.seal(secret, boundTo(subject)) })
  if (made === 1) return sealerOf(secret)
  // Another transaction made it first: on PostgreSQL the insert waited for its commit.
  const row = await db.row(findKey, { subject })
  if (!row) throw new Error('the key of an account is neither new nor there')
  return sealerOf(keys.open(row.key, boundTo(subject)))
}

const sealerOf = (secret: string): Sealer =>
  createKeys([{ id: 'account', use: 'seal', created: '', secret: Buffer.from(secret, 'base64url') }])

const boundTo = (subject: string): string => `account_keys/${subject}/key`

const findKey = statement((db, p: { subject: string }) =>
  db.selectFrom('account_keys').select('key').where('subject', '=', p.subject),
)
const insertKey = statement((db, p: { subject: string; key: string }) =>
  db
    .insertInto('account_keys')
    .values({ subject: p.subject, key: p.key })
    .onConflict(row => row.column('subject').doNothing()),
)
