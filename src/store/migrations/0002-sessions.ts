import { type Compilable, sql } from 'kysely'
import type { Builder } from '../statement.ts'
import type { Migration } from './migration.ts'

/** Sign-ins to security info, temporary passes, and what is known of who registered. */
export const sessions: Migration = {
  number: 2,
  name: 'sessions',
  steps: db => tables(db),
}

function tables(db: Builder): Compilable[] {
  const table = (name: string) => db.schema.createTable(name)
  const index = (name: string) => db.schema.createIndex(name)
  return [
    table('sessions')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('token_digest', 'text', c => c.notNull())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('ends_at', 'bigint', c => c.notNull())
      .addColumn('session', 'text', c => c.notNull()),
    index('sessions_subject').on('sessions').column('subject'),
    index('sessions_ends').on('sessions').column('ends_at'),
    table('passes')
      .addColumn('subject', 'text', c => c.primaryKey())
      .addColumn('digest', 'text', c => c.notNull())
      .addColumn('reference', 'text', c => c.notNull())
      .addColumn('expires_at', 'bigint', c => c.notNull())
      .addColumn('used_at', 'bigint'),
    index('passes_digest').on('passes').column('digest').unique(),
    table('reviews')
      .addColumn('subject', 'text', c => c.primaryKey())
      .addColumn('reviewed_at', 'bigint')
      .addColumn('dismissed_until', 'bigint'),
    table('campaigns')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('state', 'text', c => c.notNull())
      .addColumn('started_at', 'bigint', c => c.notNull())
      .addColumn('campaign', 'text', c => c.notNull()),
    table('campaign_people')
      .addColumn('campaign', 'text', c => c.notNull())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('mailed_at', 'bigint')
      .addColumn('again_at', 'bigint')
      .addColumn('person', 'text', c => c.notNull())
      .addPrimaryKeyConstraint('campaign_people_key', ['campaign', 'subject']),
    index('audit_subject').on('audit').column('subject').where(sql.ref('subject'), 'is not', null),
  ]
}
