import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { type Once, PRUNE_MAX } from './store.ts'

/** Values are kept as pseudonyms: of one length, whatever a client sent. */
export const once = (db: Connection, keys: Keys): Once => ({
  async use(kind, value, until) {
    return (await db.changed(useOnce, { kind, value: keys.pseudonym(`once ${kind}`, value), until })) === 1
  },
  prune: now => db.changed(deletePast, { now, limit: PRUNE_MAX }),
})

/** The primary key decides: of any number of parallel uses one writes the row. */
const useOnce = statement((db, p: { kind: string; value: string; until: number }) =>
  db
    .insertInto('once')
    .values({ kind: p.kind, value: p.value, until: p.until })
    .onConflict(row => row.column('value').doNothing()),
)
const deletePast = statement((db, p: { now: number; limit: number }) =>
  db
    .deleteFrom('once')
    .where('value', 'in', eb =>
      eb.selectFrom('once').select('value').where('until', '<', p.now).limit(p.limit),
    ),
)
