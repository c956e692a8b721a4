import { type Instant, toRfc3339 } from '../lib/clock.ts'
import { type AuditDesk, boundTo, SEALED_BY } from './audit.ts'
import { encodeJson } from './audit-text.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { AuditRecord, Store } from './store.ts'

/** Records read at once; between two pages the database is free for others. */
const PAGE = 500

/**
 * Every record after `after`, oldest first, ready for JSON; `id` grows and gaps in it are normal. Records of
 * transactions that are still open are not there yet.
 */
export async function* exportAudit(store: Store, after = 0): AsyncGenerator<AuditRecord> {
  for (let last = after; ; ) {
    const page = await store.read(tx => tx.auditRecords(last, PAGE))
    yield* page
    const end = page.at(-1)
    if (!end) return
    last = end.id
  }
}

/** One record as one line of JSON: no character in it can break a line, a terminal or the order of reading (AUD-06). */
export const toLine = (record: AuditRecord): string => encodeJson(record)

export async function readRecords(
  db: Connection,
  desk: Pick<AuditDesk, 'keys' | 'accountKeys'>,
  after: number,
  limit: number,
): Promise<AuditRecord[]> {
  const rows = await db.rows(page, { after, limit })
  return Promise.all(rows.map(async row => toRecord(row, await openPerson(db, desk, row))))
}

/** The newest of one subject, newest first. */
export async function readRecordsOf(
  db: Connection,
  desk: Pick<AuditDesk, 'keys' | 'accountKeys'>,
  subject: string,
  limit: number,
): Promise<AuditRecord[]> {
  const rows = await db.rows(newestOf, { subject, limit })
  return Promise.all(rows.map(async row => toRecord(row, await openPerson(db, desk, row))))
}

type Person = Pick<AuditRecord, 'person' | 'erased'>

async function openPerson(
  db: Connection,
  { keys, accountKeys }: Pick<AuditDesk, 'keys' | 'accountKeys'>,
  { record, subject, person }: Row,
): Promise<Person> {
  if (person === null) return { person: null, erased: false }
  const byAccount = person.startsWith(SEALED_BY.account)
  const sealer = byAccount ? await accountKeys.find(db, subject ?? '') : keys
  if (!sealer) return { person: null, erased: true }
  const text = sealer.open(person.slice(SEALED_BY.ring.length), boundTo(record))
  return { person: JSON.parse(text), erased: false }
}

const toRecord = (row: Row, { person, erased }: Person): AuditRecord => ({
  ...{ id: row.id, time: toRfc3339(row.at), name: row.name, actor: row.actor, result: row.result },
  ...{ reason: row.reason, subject: row.subject, object: row.object, reset: row.reset },
  ...{ reference: row.reference, method: row.method },
  detail: row.detail === null ? null : JSON.parse(row.detail),
  ...{ person, erased },
})

type Row = {
  id: number
  record: string
  at: Instant
  name: string
  actor: string
  result: string
  reason: string | null
  subject: string | null
  object: string | null
  reset: string | null
  reference: string | null
  method: string | null
  detail: string | null
  person: string | null
}
const page = statement((db, p: { after: number; limit: number }) =>
  db
    .selectFrom('audit')
    .select(['id', 'record', 'at', 'name', 'actor', 'result', 'reason', 'subject', 'object'])
    .select(['reset', 'reference', 'method', 'detail', 'person'])
    .where('id', '>', p.after)
    .orderBy('id')
    .limit(p.limit),
)
const newestOf = statement((db, p: { subject: string; limit: number }) =>
  db
    .selectFrom('audit')
    .select(['id', 'record', 'at', 'name', 'actor', 'result', 'reason', 'subject', 'object'])
    .select(['reset', 'reference', 'method', 'detail', 'person'])
    .where('subject', '=', p.subject)
    .orderBy('id', 'desc')
    .limit(p.limit),
)
