import { type Compilable, sql } from 'kysely'
import type { Builder, EngineName } from '../statement.ts'
import type { Migration } from './migration.ts'

export const first: Migration = {
  number: 1,
  name: 'first',
  steps: (db, engine) => [...resetTables(db), ...accountTables(db), ...recordTables(db, engine)],
}

function resetTables(db: Builder): Compilable[] {
  const table = (name: string) => db.schema.createTable(name)
  const index = (name: string) => db.schema.createIndex(name)
  return [
    table('resets')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('token_digest', 'text', c => c.notNull())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('source', 'text', c => c.notNull())
      .addColumn('passed', 'integer', c => c.notNull())
      .addColumn('started_at', 'bigint', c => c.notNull())
      .addColumn('expires_at', 'bigint', c => c.notNull())
      .addColumn('ended_at', 'bigint')
      .addColumn('look_at', 'bigint')
      .addColumn('reset', 'text', c => c.notNull()),
    index('resets_live')
      .on('resets')
      .columns(['subject', 'started_at'])
      .where(sql.ref('ended_at'), 'is', null),
    index('resets_open').on('resets').column('started_at').where(sql.ref('ended_at'), 'is', null),
    index('resets_ended').on('resets').column('ended_at').where(sql.ref('ended_at'), 'is not', null),
    index('resets_look').on('resets').column('look_at').where(sql.ref('look_at'), 'is not', null),

    table('limits')
      .addColumn('name', 'text', c => c.primaryKey())
      .addColumn('value', 'integer', c => c.notNull())
      .addColumn('at', 'bigint', c => c.notNull())
      .addColumn('touched_at', 'bigint', c => c.notNull())
      .addColumn('decoy', 'integer', c => c.notNull())
      .addColumn('lasting', 'integer', c => c.notNull()),
    index('limits_idle').on('limits').column('touched_at').where(sql.ref('lasting'), '=', sql.lit(0)),
    index('limits_decoy').on('limits').column('touched_at').where(sql.ref('decoy'), '=', sql.lit(1)),

    table('outbox')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('kind', 'text', c => c.notNull())
      .addColumn('letter', 'text')
      .addColumn('due_at', 'bigint', c => c.notNull())
      .addColumn('attempts', 'integer', c => c.notNull())
      .addColumn('created_at', 'bigint', c => c.notNull())
      .addColumn('expires_at', 'bigint', c => c.notNull())
      .addColumn('dead_at', 'bigint')
      .addColumn('error', 'text'),
    index('outbox_due').on('outbox').column('due_at').where(sql.ref('dead_at'), 'is', null),

    table('once')
      .addColumn('kind', 'text', c => c.notNull())
      .addColumn('value', 'text', c => c.primaryKey())
      .addColumn('until', 'bigint', c => c.notNull()),
    index('once_until').on('once').column('until'),
  ]
}

function accountTables(db: Builder): Compilable[] {
  const table = (name: string) => db.schema.createTable(name)
  const index = (name: string) => db.schema.createIndex(name)
  return [
    table('enrollments')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('method', 'text', c => c.notNull())
      .addColumn('version', 'integer', c => c.notNull())
      .addColumn('used_at', 'bigint')
      .addColumn('secret', 'text', c => c.notNull())
      .addColumn('details', 'text', c => c.notNull()),
    index('enrollments_subject').on('enrollments').column('subject'),

    table('people')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('version', 'integer', c => c.notNull())
      .addColumn('person', 'text', c => c.notNull()),
    table('people_keys')
      .addColumn('key', 'text', c => c.notNull())
      .addColumn('person', 'text', c => c.notNull().references('people.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('people_keys_primary', ['key', 'person']),
    index('people_keys_person').on('people_keys').column('person'),

    table('notices')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('token_digest', 'text', c => c.notNull())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('expires_at', 'bigint', c => c.notNull())
      .addColumn('used_at', 'bigint')
      .addColumn('notice', 'text', c => c.notNull()),
    index('notices_token').on('notices').column('token_digest').unique(),
    index('notices_expires').on('notices').column('expires_at'),

    table('holds')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('subject', 'text', c => c.notNull())
      .addColumn('began_at', 'bigint', c => c.notNull())
      .addColumn('until', 'bigint', c => c.notNull())
      .addColumn('lifted_at', 'bigint')
      .addColumn('hold', 'text', c => c.notNull()),
    index('holds_subject').on('holds').columns(['subject', 'began_at']),
    index('holds_until').on('holds').column('until'),
  ]
}

function recordTables(db: Builder, engine: EngineName): Compilable[] {
  const table = (name: string) => db.schema.createTable(name)
  return [
    table('key_check')
      .addColumn('id', 'integer', c => c.primaryKey())
      .addColumn('sealed', 'text', c => c.notNull())
      .addColumn('pseudonym', 'text', c => c.notNull()),

    table('settings')
      .addColumn('version', 'integer', c => c.primaryKey())
      .addColumn('document', 'text', c => c.notNull())
      .addColumn('applied_at', 'bigint', c => c.notNull()),

    table('leases')
      .addColumn('name', 'text', c => c.primaryKey())
      .addColumn('holder', 'text', c => c.notNull())
      .addColumn('until', 'bigint', c => c.notNull()),

    table('account_keys')
      .addColumn('subject', 'text', c => c.primaryKey())
      .addColumn('key', 'text', c => c.notNull()),

    table('audit')
      .addColumn('id', engine === 'sqlite' ? 'integer' : 'bigint', c =>
        engine === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey().generatedAlwaysAsIdentity(),
      )
      .addColumn('record', 'text', c => c.notNull())
      .addColumn('at', 'bigint', c => c.notNull())
      .addColumn('name', 'text', c => c.notNull())
      .addColumn('actor', 'text', c => c.notNull())
      .addColumn('result', 'text', c => c.notNull())
      .addColumn('reason', 'text')
      .addColumn('subject', 'text')
      .addColumn('object', 'text')
      .addColumn('reset', 'text')
      .addColumn('reference', 'text')
      .addColumn('method', 'text')
      .addColumn('detail', 'text')
      .addColumn('person', 'text')
      .addColumn('place', 'bigint')
      .addColumn('digest', 'text'),
  ]
}
