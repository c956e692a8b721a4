import type { Clock } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import { type AccountKeys, createAccountKeys } from './account-keys.ts'
import { agentInvitations, agentKeys, agents } from './agents.ts'
import { recordEvent } from './audit.ts'
import { readRecords, readRecordsOf } from './audit-export.ts'
import { campaigns } from './campaigns.ts'
import type { Connection, Engine } from './connection.ts'
import { enrollments } from './enrollments.ts'
import { checkKeys } from './key-check.ts'
import { leases } from './leases.ts'
import { limits } from './limits.ts'
import { checkSchema, migrateUp, schemaOf } from './migrate.ts'
import { notices } from './notices.ts'
import { once } from './once.ts'
import { outbox } from './outbox.ts'
import { passes } from './passes.ts'
import { people } from './people.ts'
import { openPostgres } from './postgres.ts'
import { resets } from './resets.ts'
import { reviews } from './reviews.ts'
import { sessions } from './sessions.ts'
import { type OpenedSettings, settings } from './settings.ts'
import { openSqlite } from './sqlite.ts'
import { keepCopy } from './sqlite-copy.ts'
import type { Store, Tx } from './store.ts'

export type OpenStore = {
  /** A path, or `:memory:`. One of `file` and `databaseUrl` is given. */
  readonly file?: string
  /** postgres://user:password@host/database */
  readonly databaseUrl?: string
  readonly keys: Keys
  readonly clock: Clock
  /** SQLite migrates when it is opened unless this is false; PostgreSQL only where it is true (decisions 7.6). */
  readonly migrate?: boolean
}

/**
 * Throws an Error with a sentence for the operator where the schema is older or newer than this program or the key
 * ring is not the database's own; AppError `not-now` where the database cannot be reached.
 */
export async function openStore(options: OpenStore): Promise<Store> {
  const engine = openEngine(options)
  try {
    await prepare(engine, options)
  } catch (error) {
    await engine.close()
    throw error
  }
  return createStore(engine, options)
}

/** Brings PostgreSQL to this program's schema; says what it was before (`postern migrate`). */
export async function migrate(databaseUrl: string, clock: Clock): Promise<number> {
  const engine = openPostgres(databaseUrl)
  try {
    return await migrateUp(engine, clock)
  } finally {
    await engine.close()
  }
}

function openEngine({ file, databaseUrl }: OpenStore): Engine {
  if (databaseUrl !== undefined) return openPostgres(databaseUrl)
  if (file === undefined) throw new Error('a store needs a file or a database URL')
  return openSqlite(file)
}

async function prepare(engine: Engine, { file, migrate, keys, clock }: OpenStore): Promise<void> {
  const found = await engine.read(schemaOf)
  if (migrate ?? engine.name === 'sqlite') {
    if (file !== undefined) keepCopy(file, found)
    await migrateUp(engine, clock)
  } else checkSchema(found, engine.name)
  await engine.transact(db => checkKeys(db, keys))
}

function createStore(engine: Engine, { keys, clock }: OpenStore): Store {
  const accountKeys = createAccountKeys(keys)
  const listeners: (() => void)[] = []
  let closed: Promise<void> | null = null
  const wake = (): void => {
    for (const listener of listeners) listener()
  }
  const openedSettings: OpenedSettings = { sealed: '', document: null }
  const room = { keys, clock, accountKeys, openedSettings, wake }
  return {
    engine: engine.name,
    async transact(work) {
      const { result, after } = await engine.transact(async db => {
        const after = new Set<() => void>()
        const result = await work(createTx(db, { ...room, after }))
        return { result, after }
      })
      for (const run of after) run()
      return result
    },
    read: work => engine.read(db => work(createTx(db, { ...room, after: new Set() }))),
    onOutbox: listener => void listeners.push(listener),
    close: () => {
      closed ??= engine.close()
      return closed
    },
  }
}

type Room = {
  readonly keys: Keys
  readonly clock: Clock
  readonly accountKeys: AccountKeys
  readonly openedSettings: OpenedSettings
  /** What is done once, after the commit. */
  readonly after: Set<() => void>
  readonly wake: () => void
}

function createTx(db: Connection, { keys, clock, accountKeys, openedSettings, after, wake }: Room): Tx {
  const desk = { keys, accountKeys, clock, afterCommit: (run: () => void) => void after.add(run) }
  return {
    resets: resets(db, keys, clock),
    sessions: sessions(db, keys),
    passes: passes(db),
    enrollments: enrollments(db, keys),
    reviews: reviews(db),
    campaigns: campaigns(db, keys),
    limits: limits(db),
    outbox: outbox(db, keys, () => after.add(wake)),
    once: once(db, keys),
    settings: settings(db, keys, openedSettings),
    people: people(db, keys),
    notices: notices(db, keys, clock),
    leases: leases(db),
    agents: agents(db, keys),
    agentInvitations: agentInvitations(db, keys),
    agentKeys: agentKeys(db, keys),
    audit: event => recordEvent(db, desk, event),
    auditOf: (subject, limit) => readRecordsOf(db, desk, subject, limit),
    auditRecords: (afterId, limit) => readRecords(db, desk, afterId, limit),
  }
}
