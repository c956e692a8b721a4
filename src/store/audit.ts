import type { AuditEvent } from '../audit.ts'
import type { Clock } from '../lib/clock.ts'
import { newId, systemRandom } from '../lib/random.ts'
import type { Keys } from '../lib/seal.ts'
import type { AccountKeys } from './account-keys.ts'
import { encodeJson, encodeText } from './audit-text.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

/** What writing a record needs beside the database. */
export type AuditDesk = {
  readonly keys: Keys
  readonly accountKeys: AccountKeys
  readonly clock: Clock
  readonly afterCommit: (run: () => void) => void
}

/**
 * Writes one record in the caller's transaction. What names a person is sealed: under the key of that account where
 * there is one, else (a login that nobody owns, an operator) under the ring.
 */
export async function recordEvent(db: Connection, desk: AuditDesk, event: AuditEvent): Promise<void> {
  const record = newId(systemRandom)
  await db.changed(insertRecord, {
    ...{ record, at: desk.clock.now(), name: event.name, actor: event.actor, result: event.result },
    ...{ reason: textOf(event.reason), subject: event.subject ?? null, object: textOf(event.object) },
    ...{ reset: event.reset ?? null, reference: textOf(event.reference), method: event.method ?? null },
    detail: event.detail ? encodeJson(event.detail) : null,
    person: event.person ? await sealPerson(db, desk, record, event) : null,
  })
}

const textOf = (text: string | undefined): string | null => (text === undefined ? null : encodeText(text))

export const boundTo = (record: string): string => `audit/${record}/person`

/** The first letter says whose key sealed it: the account's, or one of the ring. */
export const SEALED_BY = { account: 'a:', ring: 'r:' } as const

async function sealPerson(
  db: Connection,
  desk: AuditDesk,
  record: string,
  event: AuditEvent,
): Promise<string> {
  const text = encodeJson(event.person)
  if (!event.subject || event.real === false) return SEALED_BY.ring + desk.keys.seal(text, boundTo(record))
  const sealer = await desk.accountKeys.of(db, event.subject, desk.afterCommit)
  return SEALED_BY.account + sealer.seal(text, boundTo(record))
}

type Row = {
  record: string
  at: number
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
const insertRecord = statement((db, p: Row) =>
  db.insertInto('audit').values({
    ...{ record: p.record, at: p.at, name: p.name, actor: p.actor, result: p.result, reason: p.reason },
    ...{ subject: p.subject, object: p.object, reset: p.reset, reference: p.reference, method: p.method },
    ...{ detail: p.detail, person: p.person },
  }),
)
