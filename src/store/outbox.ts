import { newId, systemRandom } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import type { Address, Message } from '../notifier.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { type Letter, type Outbox, PRUNE_MAX } from './store.ts'

/** How long a letter that we cannot open is left alone. */
const UNREADABLE_MS = 60_000

/** `added` is called for each letter, so that the sender can be woken after the commit. */
export function outbox(db: Connection, keys: Keys, added: () => void): Outbox {
  const open = ({ id, letter, attempts, expires_at }: Row): Letter => ({
    // as: what was sealed here were these fields, and the seal vouches for them.
    ...(JSON.parse(keys.open(letter ?? '', boundTo(id, 'letter'))) as Content),
    ...{ id, attempts: attempts - 1, expiresAt: expires_at },
  })
  const putOff = async (id: string, at: number, error: string): Promise<void> => {
    await db.changed(postpone, { id, at, error: keys.seal(error, boundTo(id, 'error')) })
  }
  /** Another process may have a newer key than we: its letters wait for it, and hold up nobody else's (STO-03). */
  const readable = (row: Row): Letter | null => {
    try {
      return open(row)
    } catch {
      return null
    }
  }
  return {
    async add(message, address, expiresAt, now) {
      const id = newId(systemRandom)
      const content: Content = { message, address }
      const letter = keys.seal(JSON.stringify(content), boundTo(id, 'letter'))
      await db.changed(insertLetter, { id, kind: message.kind, letter, now, expires_at: expiresAt })
      added()
    },
    async claim(now, leaseMs, limit) {
      const letters: Letter[] = []
      for (const row of await db.rows(claimDue, { now, until: now + leaseMs, limit })) {
        const letter = readable(row)
        if (letter) letters.push(letter)
        else await putOff(row.id, now + UNREADABLE_MS, 'unreadable')
      }
      return letters
    },
    async done(id) {
      await db.changed(remove, { id })
    },
    again: putOff,
    async dead(id, now, error) {
      await db.changed(bury, { id, now, error: keys.seal(error, boundTo(id, 'error')) })
    },
    expire: now => db.changed(removeExpired, { now, limit: PRUNE_MAX }),
    async counts(now) {
      const waiting = await db.row(countWaiting, { now })
      const dead = await db.row(countDead, {})
      return {
        ...{ waiting: waiting?.waiting ?? 0, dead: dead?.dead ?? 0 },
        oldestWaitingAt: waiting?.oldest ?? null,
      }
    },
  }
}

const boundTo = (id: string, field: 'letter' | 'error'): string => `outbox/${id}/${field}`

type Content = { readonly message: Message; readonly address: Address | null }
type Row = { id: string; letter: string | null; attempts: number; expires_at: number }

const insertLetter = statement(
  (db, p: { id: string; kind: string; letter: string; now: number; expires_at: number }) =>
    db.insertInto('outbox').values({
      ...{ id: p.id, kind: p.kind, letter: p.letter, due_at: p.now, attempts: 0 },
      ...{ created_at: p.now, expires_at: p.expires_at },
    }),
)
const claimDue = statement((db, p: { now: number; until: number; limit: number }, engine) =>
  db
    .updateTable('outbox')
    .set(eb => ({ due_at: p.until, attempts: eb('attempts', '+', eb.lit(1)) }))
    .where('id', 'in', eb => {
      const due = eb
        .selectFrom('outbox')
        .select('id')
        .where('dead_at', 'is', null)
        .where('due_at', '<=', p.now)
        .where('expires_at', '>', p.now)
        .orderBy('due_at')
        .limit(p.limit)
      return engine === 'postgres' ? due.forUpdate().skipLocked() : due
    })
    .returning(['id', 'letter', 'attempts', 'expires_at']),
)
const remove = statement((db, p: { id: string }) => db.deleteFrom('outbox').where('id', '=', p.id))
const postpone = statement((db, p: { id: string; at: number; error: string }) =>
  db
    .updateTable('outbox')
    .set({ due_at: p.at, error: p.error })
    .where('id', '=', p.id)
    .where('dead_at', 'is', null),
)
const bury = statement((db, p: { id: string; now: number; error: string }) =>
  db.updateTable('outbox').set({ dead_at: p.now, error: p.error, letter: null }).where('id', '=', p.id),
)
const removeExpired = statement((db, p: { now: number; limit: number }) =>
  db
    .deleteFrom('outbox')
    .where('id', 'in', eb =>
      eb
        .selectFrom('outbox')
        .select('id')
        .where('dead_at', 'is', null)
        .where('expires_at', '<=', p.now)
        .limit(p.limit),
    ),
)
const countWaiting = statement((db, p: { now: number }) =>
  db
    .selectFrom('outbox')
    .select(eb => [eb.fn.countAll<number>().as('waiting'), eb.fn.min('created_at').as('oldest')])
    .where('dead_at', 'is', null)
    .where('expires_at', '>', p.now),
)
const countDead = statement(db =>
  db
    .selectFrom('outbox')
    .select(eb => eb.fn.countAll<number>().as('dead'))
    .where('dead_at', 'is not', null),
)
