import type { Clock } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import type { Engine } from './connection.ts'
import { checkKeys, keyPseudonym } from './key-check.ts'
import { migrateUp, schemaOf } from './migrate.ts'
import { type Voided, voidRestored } from './void.ts'

export type Restore = {
  /** The file that `postern backup` made. */
  readonly source: string
  readonly keys: Keys
  readonly clock: Clock
}

export type Restored = Voided & {
  /** True where there was a database to replace, and its counters and used-up proofs were carried over. */
  readonly carriedOver: boolean
}

/** Brings a copy of a backup to today's schema and voids what was open in it. Throws where other keys sealed it. */
export async function makeReady(draft: Engine, keys: Keys, clock: Clock): Promise<Voided> {
  if ((await draft.read(schemaOf)) === 0) throw new Error(NO_BACKUP)
  await migrateUp(draft, clock)
  return draft.transact(async db => {
    await checkKeys(db, keys)
    return voidRestored(db, clock.now())
  })
}

export const NO_BACKUP = 'This file is no backup of Postern.'

/** `found`: what `key_check` says of the database to replace, if anything. Throws where it belongs to other keys. */
export function checkOwner(found: unknown, keys: Keys): void {
  if (typeof found !== 'string' || found === keyPseudonym(keys)) return
  throw new Error('The database to replace belongs to another key file. Restore into an empty place.')
}
