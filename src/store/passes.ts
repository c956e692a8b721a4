import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { type Passes, PRUNE_MAX } from './store.ts'

export function passes(db: Connection): Passes {
  return {
    async issue({ subject, reference, expiresAt }, digest) {
      await db.changed(replacePass, { subject, digest, reference, expires_at: expiresAt })
    },
    async byDigests(digests) {
      for (const digest of digests) {
        const row = await db.row(byDigest, { digest })
        if (!row) continue
        return {
          ...{ subject: row.subject, reference: row.reference },
          ...{ expiresAt: row.expires_at, usedAt: row.used_at },
        }
      }
      return null
    },
    async use(subject, digests, now) {
      for (const digest of digests) {
        if ((await db.changed(usePass, { subject, digest, now })) === 1) return true
      }
      return false
    },
    revoke: async (subject, now) => (await db.changed(deleteStanding, { subject, now })) === 1,
    prune: (now, keepMs) => db.changed(deleteEnded, { before: now - keepMs, limit: PRUNE_MAX }),
  }
}

type Row = { subject: string; digest: string; reference: string; expires_at: number }

const replacePass = statement((db, p: Row) => {
  const fresh = { digest: p.digest, reference: p.reference, expires_at: p.expires_at, used_at: null }
  return db
    .insertInto('passes')
    .values({ subject: p.subject, ...fresh })
    .onConflict(conflict => conflict.column('subject').doUpdateSet(fresh))
})
const byDigest = statement((db, p: { digest: string }) =>
  db
    .selectFrom('passes')
    .select(['subject', 'reference', 'expires_at', 'used_at'])
    .where('digest', '=', p.digest),
)
const usePass = statement((db, p: { subject: string; digest: string; now: number }) =>
  db
    .updateTable('passes')
    .set({ used_at: p.now })
    .where('subject', '=', p.subject)
    .where('digest', '=', p.digest)
    .where('used_at', 'is', null)
    .where('expires_at', '>', p.now),
)
const deleteStanding = statement((db, p: { subject: string; now: number }) =>
  db
    .deleteFrom('passes')
    .where('subject', '=', p.subject)
    .where('used_at', 'is', null)
    .where('expires_at', '>', p.now),
)
const deleteEnded = statement((db, p: { before: number; limit: number }) =>
  db.deleteFrom('passes').where('subject', 'in', eb =>
    eb
      .selectFrom('passes')
      .select('subject')
      .where(or => or.or([or('expires_at', '<', p.before), or('used_at', '<', p.before)]))
      .limit(p.limit),
  ),
)
