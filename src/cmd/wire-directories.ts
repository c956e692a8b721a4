import type { World } from '../actions/world.ts'
import type { PasswordHash } from '../directories/builtin/password-hash.ts'
import { BUILTIN_POLICY, type PeopleStore } from '../directories/builtin/people.ts'
import { createBuiltinDirectory } from '../directories/builtin.ts'
import { GUARD_LIMITS, type Guarded, type GuardLog, guarded } from '../directories/guarded.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import type { Relay } from '../relay.ts'
import type { Store } from '../store/store.ts'
import type { DirectoryConfig } from './config-types.ts'
import { type Agents, agentDirectory } from './wire-agents.ts'

type Parts = Pick<World, 'store' | 'clock' | 'random' | 'log'> & {
  readonly hash: PasswordHash
  readonly agents: Agents
  readonly relay: Relay
  readonly around: (directory: Directory) => Directory
}

/** A directory of the deployment file, with its guard. */
export const openDirectory = (config: DirectoryConfig, parts: Parts): Guarded =>
  guarded(parts.around(unguarded(config, parts)), parts.clock, GUARD_LIMITS, (event, directory) =>
    noteDirectory(event, directory, parts),
  )

function unguarded(config: DirectoryConfig, parts: Parts): Directory {
  const { store, clock, log, hash, agents, relay } = parts
  if (config.kind === 'agent') return agentDirectory(config, { book: agents.book, relay }, parts)
  if (config.kind !== 'builtin')
    return createLdapDirectory(config, clock, (event, detail) => log.info(event, detail))
  const { name, domains } = config
  const people = peopleOf(store)
  return createBuiltinDirectory({ name, domains, store: people, clock, hash, policy: BUILTIN_POLICY })
}

/** The built-in directory knows no store: it gets the one table it needs, in transactions of its own. */
const peopleOf = (store: Store): PeopleStore => ({
  transact: work => store.transact(tx => work(tx.people)),
  read: work => store.read(tx => work(tx.people)),
})

/** A directory that rests and one that is back are on record; a full queue is for the log alone. */
function noteDirectory(
  event: Parameters<GuardLog>[0],
  directory: string,
  { store, log }: Pick<World, 'store' | 'log'>,
): void {
  log.warn(event, { directory })
  if (event === 'directory_full') return
  const name = event === 'directory_resting' ? 'directory.unavailable' : 'directory.available'
  const result = event === 'directory_resting' ? 'failed' : 'ok'
  store
    .transact(tx => tx.audit({ name, actor: 'server', result, object: directory }))
    .catch((cause: unknown) => log.error('an outage could not be recorded', { directory, cause }))
}
