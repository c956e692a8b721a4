import { equal, type Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

const TEXT = 'postern'
const BOUND_TO = 'key_check/1/sealed'

const OTHER_KEYS =
  'The key file does not belong to this database: what is stored there was sealed under other keys. ' +
  'Restore the key file that was in use with it.'

/**
 * Refuses a key ring that did not seal this database: with the wrong one every login would look unknown and every
 * counter would start anew (DRR-03). The first ring to open an empty database is the right one.
 */
export async function checkKeys(db: Connection, keys: Keys): Promise<void> {
  const pseudonym = keyPseudonym(keys)
  const row = await db.row(find, {})
  if (!row) {
    await db.changed(insert, { sealed: keys.seal(TEXT, BOUND_TO), pseudonym })
    return
  }
  if (!equal(row.pseudonym, pseudonym) || !opens(keys, row.sealed)) throw new Error(OTHER_KEYS)
  // Under the newest key again, so that the key it was sealed by can be retired.
  if (isOlder(keys, row.sealed)) await db.changed(update, { sealed: keys.seal(TEXT, BOUND_TO) })
}

/** Says whose database it is, and nothing else; it stays the same while keys are added and retired. */
export const keyPseudonym = (keys: Keys): string => keys.pseudonym('key check', TEXT)

function opens(keys: Keys, sealed: string): boolean {
  try {
    return keys.open(sealed, BOUND_TO) === TEXT
  } catch {
    return false
  }
}

const keyOf = (sealed: string): string => sealed.slice(0, sealed.indexOf('.'))
const isOlder = (keys: Keys, sealed: string): boolean => keyOf(sealed) !== keyOf(keys.seal(TEXT, BOUND_TO))

const find = statement(db => db.selectFrom('key_check').select(['sealed', 'pseudonym']))
const insert = statement((db, p: { sealed: string; pseudonym: string }) =>
  db
    .insertInto('key_check')
    .values({ id: 1, sealed: p.sealed, pseudonym: p.pseudonym })
    .onConflict(row => row.column('id').doNothing()),
)
const update = statement((db, p: { sealed: string }) => db.updateTable('key_check').set({ sealed: p.sealed }))
