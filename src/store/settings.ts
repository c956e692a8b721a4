import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'
import type { SettingsTable } from './store.ts'

/** The document that was opened last, by its sealed text: every request asks for it, and it seldom changes. */
export type OpenedSettings = { sealed: string; document: unknown }

/** Every applied document is kept, sealed: it may name people and hold the passwords of service accounts. */
export const settings = (db: Connection, keys: Keys, opened: OpenedSettings): SettingsTable => ({
  async current() {
    const row = await db.row(newest, {})
    if (!row) return null
    if (row.document !== opened.sealed) {
      opened.document = JSON.parse(keys.open(row.document, boundTo(row.version)))
      opened.sealed = row.document
    }
    return { version: row.version, document: opened.document }
  },
  async save(expected, document, now) {
    const current = (await db.row(newest, {}))?.version ?? 0
    if (current !== expected) return false
    const version = expected + 1
    const sealed = keys.seal(JSON.stringify(document), boundTo(version))
    return (await db.changed(insertVersion, { version, document: sealed, now })) === 1
  },
})

const boundTo = (version: number): string => `settings/${version}/document`

const newest = statement(db =>
  db.selectFrom('settings').select(['version', 'document']).orderBy('version', 'desc').limit(1),
)
/** Two who saw the same newest version write the same number: the primary key lets one of them through. */
const insertVersion = statement((db, p: { version: number; document: string; now: number }) =>
  db
    .insertInto('settings')
    .values({ version: p.version, document: p.document, applied_at: p.now })
    .onConflict(row => row.column('version').doNothing()),
)
