import type { Account, AccountRef } from '../../account.ts'
import { type Clock, type Instant, minutes } from '../../lib/clock.ts'
import { toAccount } from './account.ts'
import type { LdapConfig, LdapLog } from './config.ts'
import { type Connection, refuseDebugLog } from './connection.ts'
import { Cursors } from './cursors.ts'
import { parseFilter } from './filter.ts'
import { readEntry } from './lookup.ts'
import { createMemory } from './memory.ts'
import type { Checked, Context, Profile, Target } from './profile.ts'
import { PROFILES } from './profiles.ts'
import type { RootDse } from './root-dse.ts'
import { Servers, type SrvRecord } from './servers.ts'

/** What the calls of one directory share. */
export type Open = {
  readonly config: LdapConfig
  readonly profile: Profile
  readonly servers: Servers
  readonly clock: Clock
  readonly contextOf: (signal: AbortSignal) => Context
  readonly seen: Seen
  readonly cursors: Cursors
}

/** `searches`: how many the last real account took. */
type Seen = {
  root: RootDse | null
  searches: number
  rights: { readonly checked: Checked; readonly server: string; readonly until: Instant } | null
}

/** Groups are seldom renamed; whoever is in one is read every time. */
const GROUP_NAMES_MS = minutes(5)

export type Resolve = (name: string) => Promise<readonly SrvRecord[]>

/** No connection yet. Throws where the configuration cannot be used, or where NODE_DEBUG would print passwords. */
export function open(config: LdapConfig, clock: Clock, log: LdapLog, resolve?: Resolve): Open {
  refuseDebugLog()
  if (config.userFilter !== undefined) parseFilter(config.userFilter)
  const profile = PROFILES[config.kind]
  const attributes = { ...profile.attributes, ...config.attributes }
  const servers = new Servers({ config, clock, log, roleOf: profile.roleOf, resolve })
  const groupNames = createMemory<readonly string[]>(clock, GROUP_NAMES_MS)
  return {
    config,
    profile,
    servers,
    clock,
    contextOf: signal => ({ config, attributes, clock, log, servers, groupNames, signal }),
    seen: { root: null, searches: 2, rights: null },
    cursors: new Cursors(),
  }
}

/** The account as it is now on this very connection; null: gone, outside the base, or of another directory. */
export async function readTarget(
  { profile, config, seen }: Open,
  connection: Connection,
  ref: AccountRef,
  context: Context,
): Promise<Target | null> {
  seen.root = connection.root
  const entry = ref.directory === config.name ? await readEntry(profile, connection, ref, context) : null
  const account = entry ? await toAccount(profile, connection, entry, context) : null
  return entry && account ? { entry, account } : null
}

/** Protected, disabled, expired, or locked by an administrator: nobody writes these through us. */
export const mayBeWritten = (account: Account): boolean =>
  account.protectedBecause === null && account.status === 'active' && !account.lockedForGood
