import { spend } from '../limit.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { type Limits, PRUNE_MAX } from './store.ts'

export function limits(db: Connection): Limits {
  return {
    async spend(name, limit, now, decoy = false) {
      const stored =
        (await db.row(touch, { name, now, decoy: Number(decoy), lasting: lasting(name) })) ?? null
      const decision = spend(limit, stored, now)
      if (decision.allowed) await db.changed(store, { name, ...decision.next })
      return decision
    },
    get: async name => (await db.row(find, { name })) ?? null,
    async add(name, amount, now, decoy = false) {
      const row = await db.row(raise, { name, amount, now, decoy: Number(decoy), lasting: lasting(name) })
      if (!row) throw new Error('a counter was raised and not returned')
      return row
    },
    async earnBack(name, uses) {
      await db.changed(lower, { name, uses })
    },
    async clear(name) {
      await db.changed(remove, { name })
    },
    async prune(now, idleMs, decoysMax) {
      const idle = await db.changed(deleteIdle, { before: now - idleMs, limit: PRUNE_MAX })
      const surplus = Number((await db.row(countDecoys, {}))?.decoys ?? 0) - decoysMax
      const room = PRUNE_MAX - idle
      if (surplus <= 0 || room <= 0) return idle
      return idle + (await db.changed(deleteDecoys, { limit: Math.min(surplus, room) }))
    },
  }
}

const lasting = (name: string): number => Number(name.startsWith('failures:'))

type Use = { name: string; now: number; decoy: number; lasting: number }

/** Makes the row or locks it, and says what stood there: from here to the commit nobody else decides about it. */
const touch = statement((db, p: Use) =>
  db
    .insertInto('limits')
    .values({ name: p.name, value: 0, at: p.now, touched_at: p.now, decoy: p.decoy, lasting: p.lasting })
    .onConflict(row =>
      row
        .column('name')
        .doUpdateSet(eb => ({ touched_at: eb.ref('excluded.touched_at'), decoy: eb.ref('excluded.decoy') })),
    )
    .returning(['value', 'at']),
)
const store = statement((db, p: { name: string; value: number; at: number }) =>
  db.updateTable('limits').set({ value: p.value, at: p.at }).where('name', '=', p.name),
)
const find = statement((db, p: { name: string }) =>
  db.selectFrom('limits').select(['value', 'at']).where('name', '=', p.name),
)
const raise = statement((db, p: Use & { amount: number }) =>
  db
    .insertInto('limits')
    .values({
      name: p.name,
      value: p.amount,
      at: p.now,
      touched_at: p.now,
      decoy: p.decoy,
      lasting: p.lasting,
    })
    .onConflict(row =>
      row.column('name').doUpdateSet(eb => ({
        value: eb('limits.value', '+', eb.ref('excluded.value')),
        at: eb.ref('excluded.at'),
        touched_at: eb.ref('excluded.touched_at'),
        decoy: eb.ref('excluded.decoy'),
      })),
    )
    .returning(['value', 'at']),
)
const lower = statement((db, p: { name: string; uses: number }) =>
  db
    .updateTable('limits')
    .set(eb => ({
      value: eb
        .case()
        .when('value', '>', p.uses)
        .then(eb('value', '-', p.uses))
        .else(eb.lit(0))
        .end(),
    }))
    .where('name', '=', p.name),
)
const remove = statement((db, p: { name: string }) => db.deleteFrom('limits').where('name', '=', p.name))

const deleteIdle = statement((db, p: { before: number; limit: number }) =>
  db
    .deleteFrom('limits')
    .where('name', 'in', eb =>
      eb
        .selectFrom('limits')
        .select('name')
        .where('lasting', '=', eb.lit(0))
        .where('touched_at', '<', p.before)
        .orderBy('touched_at')
        .limit(p.limit),
    ),
)
const countDecoys = statement(db =>
  db
    .selectFrom('limits')
    .select(eb => eb.fn.countAll<number>().as('decoys'))
    .where(eb => eb('decoy', '=', eb.lit(1))),
)
const deleteDecoys = statement((db, p: { limit: number }) =>
  db
    .deleteFrom('limits')
    .where('name', 'in', eb =>
      eb
        .selectFrom('limits')
        .select('name')
        .where('decoy', '=', eb.lit(1))
        .orderBy('touched_at')
        .limit(p.limit),
    ),
)
