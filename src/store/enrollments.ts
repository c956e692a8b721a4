import type { Enrollment } from '../enrollment.ts'
import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { Enrollments } from './store.ts'

export function enrollments(db: Connection, keys: Keys): Enrollments {
  const open = (row: Row): Enrollment => ({
    // as: what was sealed here were these fields, and the seal vouches for them.
    ...(JSON.parse(keys.open(row.details, boundTo(row.id, 'details'))) as Details),
    ...{ id: row.id, secret: keys.open(row.secret, boundTo(row.id, 'secret')) },
    ...{ version: row.version, lastUsedAt: row.used_at },
  })
  const sealed = (subject: string, enrollment: Enrollment): Row & { subject: string; method: string } => {
    const { id, secret, version, lastUsedAt, ...details } = enrollment
    return {
      ...{ id, subject, method: details.method, version, used_at: lastUsedAt },
      secret: keys.seal(secret, boundTo(id, 'secret')),
      details: keys.seal(JSON.stringify(details satisfies Details), boundTo(id, 'details')),
    }
  }
  return {
    of: async subject => (await db.rows(ofSubject, { subject })).map(open),
    idsOf: async subject => (await db.rows(idsOfSubject, { subject })).map(({ id }) => id),
    async anyOf(method) {
      const row = await db.row(firstOfMethod, { method })
      return row ? open(row) : null
    },
    async get(id) {
      const row = await db.row(byId, { id })
      return row ? open(row) : null
    },
    insert: async (subject, enrollment) =>
      void (await db.changed(insertEnrollment, { ...sealed(subject, enrollment), claim: null })),
    assign: async (subject, enrollment, claim) =>
      (await db.changed(insertEnrollment, { ...sealed(subject, enrollment), claim })) === 1,
    async claimed(claim) {
      const row = await db.row(byClaim, { claim })
      return row ? open(row) : null
    },
    listClaimed: async (after, limit) => (await db.rows(withClaim, { after, limit })).map(open),
    async confirm(id, version, { secret, at }) {
      const row = await db.row(byId, { id })
      if (!row) return false
      const confirmed = sealed('', { ...open(row), secret, confirmedAt: at, usableAt: at })
      const change = { id, version, secret: confirmed.secret, details: confirmed.details, used_at: at }
      return (await db.changed(saveConfirmed, change)) === 1
    },
    async advance(id, version, { secret, usedAt }) {
      const sealed = keys.seal(secret, boundTo(id, 'secret'))
      return (await db.changed(advanceSecret, { id, version, secret: sealed, used_at: usedAt })) === 1
    },
    async rename(id, label) {
      const row = await db.row(byId, { id })
      if (!row) return false
      const { id: _id, secret: _secret, version: _version, lastUsedAt: _used, ...details } = open(row)
      const sealed = keys.seal(
        JSON.stringify({ ...details, label } satisfies Details),
        boundTo(id, 'details'),
      )
      return (await db.changed(saveDetails, { id, details: sealed })) === 1
    },
    remove: async id => (await db.changed(deleteEnrollment, { id })) === 1,
  }
}

const boundTo = (id: string, field: 'secret' | 'details'): string => `enrollments/${id}/${field}`

type Details = Omit<Enrollment, 'id' | 'secret' | 'version' | 'lastUsedAt'>
type Row = { id: string; version: number; used_at: number | null; secret: string; details: string }

const ofSubject = statement((db, p: { subject: string }) =>
  db
    .selectFrom('enrollments')
    .select(['id', 'version', 'used_at', 'secret', 'details'])
    .where('subject', '=', p.subject)
    .orderBy('id'),
)
const idsOfSubject = statement((db, p: { subject: string }) =>
  db.selectFrom('enrollments').select('id').where('subject', '=', p.subject).orderBy('id'),
)
const firstOfMethod = statement((db, p: { method: string }) =>
  db
    .selectFrom('enrollments')
    .select(['id', 'version', 'used_at', 'secret', 'details'])
    .where('method', '=', p.method)
    .limit(1),
)
const byId = statement((db, p: { id: string }) =>
  db
    .selectFrom('enrollments')
    .select(['id', 'version', 'used_at', 'secret', 'details'])
    .where('id', '=', p.id),
)
const byClaim = statement((db, p: { claim: string }) =>
  db
    .selectFrom('enrollments')
    .select(['id', 'version', 'used_at', 'secret', 'details'])
    .where('claim', '=', p.claim),
)
const withClaim = statement((db, p: { after: string; limit: number }) =>
  db
    .selectFrom('enrollments')
    .select(['id', 'version', 'used_at', 'secret', 'details'])
    .where('claim', 'is not', null)
    .where('id', '>', p.after)
    .orderBy('id')
    .limit(p.limit),
)
type NewRow = Row & { subject: string; method: string; claim: string | null }
/** Of two that assign one token at once, the later waits for the other and then finds it taken. */
const insertEnrollment = statement((db, p: NewRow) =>
  db
    .insertInto('enrollments')
    .values({
      ...{ id: p.id, subject: p.subject, method: p.method, version: p.version },
      ...{ used_at: p.used_at, secret: p.secret, details: p.details, claim: p.claim },
    })
    .onConflict(conflict => conflict.column('claim').doNothing()),
)
/** One conditional statement: of two judges only one finds the version that both read (TOK-04). */
const advanceSecret = statement((db, p: { id: string; version: number; secret: string; used_at: number }) =>
  db
    .updateTable('enrollments')
    .set(eb => ({ secret: p.secret, used_at: p.used_at, version: eb('version', '+', eb.lit(1)) }))
    .where('id', '=', p.id)
    .where('version', '=', p.version),
)
const saveConfirmed = statement(
  (db, p: { id: string; version: number; secret: string; details: string; used_at: number }) =>
    db
      .updateTable('enrollments')
      .set(eb => ({
        ...{ secret: p.secret, details: p.details, used_at: p.used_at },
        version: eb('version', '+', eb.lit(1)),
      }))
      .where('id', '=', p.id)
      .where('version', '=', p.version),
)
const saveDetails = statement((db, p: { id: string; details: string }) =>
  db.updateTable('enrollments').set({ details: p.details }).where('id', '=', p.id),
)
const deleteEnrollment = statement((db, p: { id: string }) =>
  db.deleteFrom('enrollments').where('id', '=', p.id),
)
