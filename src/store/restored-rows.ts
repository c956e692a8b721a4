// How a database takes over the rows of a backup, in SQL that both engines speak.

/** How a statement names the tables of the database in use, and those of the backup's copy. */
export type Sides = { readonly live: string; readonly draft: string }

/** Every table but the audit, which only grows; `people` before the keys that point at it. */
const REPLACED = [
  ...['key_check', 'resets', 'enrollments', 'limits', 'outbox', 'once', 'settings', 'people', 'people_keys'],
  ...['notices', 'holds', 'leases', 'account_keys'],
] as const

/** Every table of a backup. */
export const BACKED_UP: readonly string[] = ['migrations', 'audit', ...REPLACED]

/** What is replaced, where an engine must be told what to hold against others. */
export const replacedTables = ({ live }: Pick<Sides, 'live'>): string =>
  REPLACED.map(table => `${live}.${table}`).join(', ')

/** Records of the audit are joined: what has happened since the backup stays on record. */
export const joinAudit = ({ live, draft }: Sides): string =>
  `insert into ${live}.audit (${AUDIT}) select ${AUDIT} from ${draft}.audit where record in
    (select record from ${draft}.audit except select record from ${live}.audit) order by id`

const AUDIT =
  'record, at, name, actor, result, reason, subject, object, reset, reference, method, detail, person, place, digest'

/**
 * First the draft learns what must not be forgotten: higher counters, newer secrets (a used TOTP step, a used recovery
 * code), used-up things, holds, keys of accounts. Then its rows take the place of those in use. For one transaction
 * that nobody else writes beside.
 */
export const replaceRows = ({ live, draft }: Sides): string[] => [
  `insert into ${draft}.limits as known select * from ${live}.limits where true on conflict (name) do update set
    value = ${higher('value')}, at = ${higher('at')}, touched_at = ${higher('touched_at')}`,
  `update ${draft}.enrollments as known set version = used.version, secret = used.secret, used_at = used.used_at
    from ${live}.enrollments as used where used.id = known.id and used.version > known.version`,
  `insert into ${draft}.once select * from ${live}.once where true on conflict do nothing`,
  `insert into ${draft}.holds select * from ${live}.holds where true on conflict (id) do update set
    lifted_at = excluded.lifted_at`,
  `insert into ${draft}.account_keys select * from ${live}.account_keys where true on conflict do nothing`,
  ...REPLACED.flatMap(table => [
    `delete from ${live}.${table}`,
    `insert into ${live}.${table} select * from ${draft}.${table}`,
  ]),
]

const higher = (column: string): string =>
  `case when known.${column} > excluded.${column} then known.${column} else excluded.${column} end`
