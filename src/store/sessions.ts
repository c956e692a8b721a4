import type { Keys } from '../lib/seal.ts'
import { type Session, sessionEnds } from '../session.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import { PRUNE_MAX, type Sessions } from './store.ts'

export function sessions(db: Connection, keys: Keys): Sessions {
  const row = (session: Session) => ({
    id: session.id,
    ends_at: sessionEnds(session),
    session: keys.seal(JSON.stringify(session), boundTo(session.id)),
  })
  return {
    async insert(session, tokenDigest) {
      await db.changed(insertSession, {
        ...row(session),
        token_digest: tokenDigest,
        subject: session.subject,
      })
    },
    async lock(id) {
      const found = await db.row(db.writes ? lockSession : findSession, { id })
      if (!found) return null
      // as: what was sealed here was a Session, and the seal vouches for it.
      const session = JSON.parse(keys.open(found.session, boundTo(id))) as Session
      return { session, tokenDigest: found.token_digest }
    },
    async save(session, tokenDigest) {
      const saved = row(session)
      await (tokenDigest === undefined
        ? db.changed(saveSession, saved)
        : db.changed(rotateSession, { ...saved, token_digest: tokenDigest }))
    },
    end: async id => (await db.changed(deleteSession, { id })) === 1,
    endAll: (subject, but = '') => db.changed(deleteSessionsOf, { subject, but }),
    prune: now => db.changed(deleteEnded, { now, limit: PRUNE_MAX }),
  }
}

const boundTo = (id: string): string => `sessions/${id}/session`

type Row = { id: string; ends_at: number; session: string }

const insertSession = statement((db, p: Row & { token_digest: string; subject: string }) =>
  db.insertInto('sessions').values({
    ...{ id: p.id, token_digest: p.token_digest, subject: p.subject, ends_at: p.ends_at },
    session: p.session,
  }),
)
const findSession = statement((db, p: { id: string }) =>
  db.selectFrom('sessions').select(['session', 'token_digest']).where('id', '=', p.id),
)
const lockSession = statement((db, p: { id: string }, engine) => {
  const query = db.selectFrom('sessions').select(['session', 'token_digest']).where('id', '=', p.id)
  return engine === 'postgres' ? query.forUpdate() : query
})
const saveSession = statement((db, p: Row) =>
  db.updateTable('sessions').set({ ends_at: p.ends_at, session: p.session }).where('id', '=', p.id),
)
const rotateSession = statement((db, p: Row & { token_digest: string }) =>
  db
    .updateTable('sessions')
    .set({ ends_at: p.ends_at, session: p.session, token_digest: p.token_digest })
    .where('id', '=', p.id),
)
const deleteSession = statement((db, p: { id: string }) => db.deleteFrom('sessions').where('id', '=', p.id))
const deleteSessionsOf = statement((db, p: { subject: string; but: string }) =>
  db.deleteFrom('sessions').where('subject', '=', p.subject).where('id', '<>', p.but),
)
const deleteEnded = statement((db, p: { now: number; limit: number }) =>
  db
    .deleteFrom('sessions')
    .where('id', 'in', eb =>
      eb.selectFrom('sessions').select('id').where('ends_at', '<', p.now).limit(p.limit),
    ),
)
