import type { Migration } from './migration.ts'

/** What only one account can hold: the serial number of a hardware token, as a pseudonym. */
export const tokens: Migration = {
  number: 3,
  name: 'tokens',
  steps: db => [
    db.schema.alterTable('enrollments').addColumn('claim', 'text'),
    db.schema.createIndex('enrollments_claim').on('enrollments').column('claim').unique(),
  ],
}
