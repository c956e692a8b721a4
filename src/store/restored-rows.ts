// How a database takes over the rows of a backup, in SQL that both engines speak.

/** How a statement names the tables of the database in use, and those of the backup's copy. */
export type Sides = { readonly live: string; readonly draft: string }

/** Every table but the audit, which only grows, with its primary key; `people` before the keys that point at it. */
const REPLACED = {
  key_check: 'id',
  resets: 'id',
  sessions: 'id',
  passes: 'subject',
  reviews: 'subject',
  campaigns: 'id',
  campaign_people: 'campaign, subject',
  enrollments: 'id',
  limits: 'name',
  outbox: 'id',
  once: 'value',
  settings: 'version',
  people: 'id',
  people_keys: 'key, person',
  notices: 'id',
  holds: 'id',
  leases: 'name',
  account_keys: 'subject',
  agents: 'id',
  agent_invitations: 'name',
  agent_keys: 'id',
} as const
const TABLES = Object.keys(REPLACED)

/** Every table of a backup. */
export const BACKED_UP: readonly string[] = ['migrations', 'audit', ...TABLES]

/** What is replaced, where an engine must be told what to hold against others. */
export const replacedTables = ({ live }: Pick<Sides, 'live'>): string =>
  TABLES.map(table => `${live}.${table}`).join(', ')

/** Records of the audit are joined: what has happened since the backup stays on record. */
export const joinAudit = ({ live, draft }: Sides): string =>
  `insert into ${live}.audit (${AUDIT}) select ${AUDIT} from ${draft}.audit where record in
    (select record from ${draft}.audit except select record from ${live}.audit) order by id`

const AUDIT =
  'record, at, name, actor, result, reason, subject, object, reset, reference, method, detail, person, place, digest'

/**
 * First the draft learns what must not be forgotten: higher counters, newer secrets (a used TOTP step, a used recovery
 * code), used-up things, holds, keys of accounts, agents that were revoked or have
 * newer keys, and our own newer keys towards agents. Then its rows take the place of those in use. For one transaction
 * that nobody else writes beside; servers wait meanwhile, so rows that are the same on both sides are left alone.
 */
export const replaceRows = ({ live, draft }: Sides): string[] => [
  `insert into ${draft}.limits as known ${onlyIn(live, draft, 'limits')} on conflict (name) do update set
    value = ${higher('value')}, at = ${higher('at')}, touched_at = ${higher('touched_at')}`,
  `update ${draft}.enrollments as known set version = used.version, secret = used.secret, used_at = used.used_at
    from ${live}.enrollments as used where used.id = known.id and used.version > known.version`,
  `insert into ${draft}.once ${onlyIn(live, draft, 'once')} on conflict do nothing`,
  `insert into ${draft}.holds ${onlyIn(live, draft, 'holds')} on conflict (id) do update set
    lifted_at = excluded.lifted_at`,
  `update ${draft}.agents as known set version = newer.version, live = newer.live, agent = newer.agent
    from ${live}.agents as newer where newer.id = known.id and newer.version > known.version`,
  `insert into ${draft}.agent_keys ${onlyIn(live, draft, 'agent_keys')} on conflict do nothing`,
  `insert into ${draft}.campaign_people ${onlyIn(live, draft, 'campaign_people')} on conflict (campaign, subject)
    do update set mailed_at = excluded.mailed_at, again_at = excluded.again_at`,
  `insert into ${draft}.account_keys ${onlyIn(live, draft, 'account_keys')} on conflict do nothing`,
  ...Object.entries(REPLACED).flatMap(([table, key]) => [
    `delete from ${live}.${table} where (${key}) in (select ${key} from (${onlyIn(live, draft, table)}) as gone)`,
    `insert into ${live}.${table} ${onlyIn(draft, live, table)}`,
  ]),
]

/** The rows of a table that one side has and the other has not just so; the outer query ends where a clause may follow. */
const onlyIn = (side: string, other: string, table: string): string =>
  `select * from (select * from ${side}.${table} except select * from ${other}.${table}) as rest where true`

const higher = (column: string): string =>
  `case when known.${column} > excluded.${column} then known.${column} else excluded.${column} end`
