import type { Clock } from '../lib/clock.ts'
import { newId, systemRandom } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import type { Hold } from '../policy.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { Notices } from './store.ts'

/** Holds of one account that are looked through; each takes a link that was mailed to the owner. */
const READ_MAX = 50

type Holds = Pick<Notices, 'hold' | 'holdOf' | 'lift' | 'lastHold'>

/** Self-service holds after "this was not me" (decisions 2.4). Channels are addresses, so they are sealed. */
export function holds(db: Connection, keys: Keys, clock: Clock): Holds {
  // as: what was sealed here was a Hold, and the seal vouches for it.
  const open = ({ id, hold }: Row): Hold => JSON.parse(keys.open(hold, boundTo(id))) as Hold
  return {
    async hold(subject, hold, now) {
      const id = newId(systemRandom)
      const sealed = keys.seal(JSON.stringify(hold), boundTo(id))
      await db.changed(insertHold, { id, subject, began_at: now, until: hold.until, hold: sealed })
    },
    async holdOf(subject, now) {
      const rows = await db.rows(newestOf, { subject, limit: READ_MAX })
      const standing = rows.filter(row => row.lifted_at === null && row.until > now)
      return standing.map(open).reduce<Hold | null>(joined, null)
    },
    async lift(subject) {
      await db.changed(liftAll, { subject, now: clock.now() })
    },
    async lastHold(subject, channel) {
      const rows = await db.rows(newestOf, { subject, limit: READ_MAX })
      return rows.find(row => open(row).channels.includes(channel))?.began_at ?? null
    },
  }
}

/** Two holds at once hold what either of them holds. */
const joined = (all: Hold | null, one: Hold): Hold =>
  all === null
    ? one
    : {
        until: Math.max(all.until, one.until),
        channels: [...new Set([...all.channels, ...one.channels])],
        methods: [...new Set([...all.methods, ...one.methods])],
      }

const boundTo = (id: string): string => `holds/${id}/hold`

type Row = { id: string; hold: string }

const insertHold = statement(
  (db, p: { id: string; subject: string; began_at: number; until: number; hold: string }) =>
    db.insertInto('holds').values({
      ...{ id: p.id, subject: p.subject, began_at: p.began_at, until: p.until, hold: p.hold },
    }),
)
const newestOf = statement((db, p: { subject: string; limit: number }) =>
  db
    .selectFrom('holds')
    .select(['id', 'began_at', 'until', 'lifted_at', 'hold'])
    .where('subject', '=', p.subject)
    .orderBy('began_at', 'desc')
    .limit(p.limit),
)
const liftAll = statement((db, p: { subject: string; now: number }) =>
  db
    .updateTable('holds')
    .set({ lifted_at: p.now })
    .where('subject', '=', p.subject)
    .where('lifted_at', 'is', null),
)
