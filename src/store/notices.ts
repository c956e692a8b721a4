import { type Clock, days } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { holds } from './holds.ts'
import { statement } from './statement.ts'
import { type Notice, type Notices, PRUNE_MAX } from './store.ts'

/** A second hold from one channel within 30 days holds nothing (decisions 2.4): until then a hold is remembered. */
const REMEMBER_HOLDS_MS = days(31)

export function notices(db: Connection, keys: Keys, clock: Clock): Notices {
  return {
    ...holds(db, keys, clock),
    async insert(tokenDigest, notice) {
      const { id, subject, expiresAt, usedAt, ...personal } = notice
      await db.changed(insertNotice, {
        ...{ id, token_digest: tokenDigest, subject, expires_at: expiresAt, used_at: usedAt },
        notice: keys.seal(JSON.stringify(personal satisfies Personal), boundTo(id)),
      })
    },
    async byDigests(digests) {
      for (const digest of digests) {
        const row = await db.row(byDigest, { digest })
        if (row) return opened(keys, row)
      }
      return null
    },
    use: async (id, now) => (await db.changed(useNotice, { id, now })) === 1,
    async prune(now) {
      const gone = await db.changed(deleteNotices, { now, limit: PRUNE_MAX })
      const before = now - REMEMBER_HOLDS_MS
      return gone + (await db.changed(deleteHolds, { before, limit: PRUNE_MAX }))
    },
  }
}

type Personal = Omit<Notice, 'id' | 'subject' | 'expiresAt' | 'usedAt'>
type Row = { id: string; subject: string; expires_at: number; used_at: number | null; notice: string }

const opened = (keys: Keys, row: Row): Notice => ({
  // as: what was sealed here were these fields, and the seal vouches for them.
  ...(JSON.parse(keys.open(row.notice, boundTo(row.id))) as Personal),
  ...{ id: row.id, subject: row.subject, expiresAt: row.expires_at, usedAt: row.used_at },
})

const boundTo = (id: string): string => `notices/${id}/notice`

const insertNotice = statement((db, p: Row & { token_digest: string }) =>
  db.insertInto('notices').values({
    ...{ id: p.id, token_digest: p.token_digest, subject: p.subject },
    ...{ expires_at: p.expires_at, used_at: p.used_at, notice: p.notice },
  }),
)
const byDigest = statement((db, p: { digest: string }) =>
  db
    .selectFrom('notices')
    .select(['id', 'subject', 'expires_at', 'used_at', 'notice'])
    .where('token_digest', '=', p.digest),
)
const useNotice = statement((db, p: { id: string; now: number }) =>
  db
    .updateTable('notices')
    .set({ used_at: p.now })
    .where('id', '=', p.id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', p.now),
)
const deleteNotices = statement((db, p: { now: number; limit: number }) =>
  db
    .deleteFrom('notices')
    .where('id', 'in', eb =>
      eb.selectFrom('notices').select('id').where('expires_at', '<=', p.now).limit(p.limit),
    ),
)
const deleteHolds = statement((db, p: { before: number; limit: number }) =>
  db
    .deleteFrom('holds')
    .where('id', 'in', eb =>
      eb.selectFrom('holds').select('id').where('until', '<', p.before).limit(p.limit),
    ),
)
