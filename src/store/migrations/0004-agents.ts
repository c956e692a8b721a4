import { type Compilable, sql } from 'kysely'
import type { Builder } from '../statement.ts'
import type { Migration } from './migration.ts'

/** Agents beside directories, whom they may be, and our own keys towards them. */
export const agents: Migration = {
  number: 4,
  name: 'agents',
  steps: db => tables(db),
}

function tables(db: Builder): Compilable[] {
  const table = (name: string) => db.schema.createTable(name)
  return [
    table('agents')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('name', 'text', c => c.notNull())
      .addColumn('live', 'integer', c => c.notNull())
      .addColumn('version', 'integer', c => c.notNull())
      .addColumn('agent', 'text', c => c.notNull())
      .addColumn('heartbeat', 'text'),
    db.schema
      .createIndex('agents_name')
      .on('agents')
      .column('name')
      .unique()
      .where(sql.ref('live'), '=', sql.lit(1)),
    table('agent_invitations')
      .addColumn('name', 'text', c => c.primaryKey())
      .addColumn('id', 'text', c => c.notNull())
      .addColumn('expires_at', 'bigint', c => c.notNull())
      .addColumn('invitation', 'text', c => c.notNull()),
    table('agent_keys')
      .addColumn('id', 'text', c => c.primaryKey())
      .addColumn('created_at', 'bigint', c => c.notNull())
      .addColumn('keys', 'text', c => c.notNull()),
  ]
}
