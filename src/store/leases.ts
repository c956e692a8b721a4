import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { Leases } from './store.ts'

export const leases = (db: Connection): Leases => ({
  take: async (name, holder, now, until) => (await db.changed(takeLease, { name, holder, now, until })) === 1,
})

/** Takes what is free, past, or one's own; one statement, so that two never have it at once. */
const takeLease = statement((db, p: { name: string; holder: string; now: number; until: number }) =>
  db
    .insertInto('leases')
    .values({ name: p.name, holder: p.holder, until: p.until })
    .onConflict(row =>
      row
        .column('name')
        .doUpdateSet(eb => ({ holder: eb.ref('excluded.holder'), until: eb.ref('excluded.until') }))
        .where(eb =>
          eb.or([eb('leases.holder', '=', eb.ref('excluded.holder')), eb('leases.until', '<=', p.now)]),
        ),
    ),
)
