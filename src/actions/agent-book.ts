import type { Agent } from '../agent.ts'
import { type Ends, type OwnPair, ownPair, type TheirPair, theirPair } from '../agent-message.ts'
import type { Instant } from '../lib/clock.ts'
import { type Halves, newSecretHalves } from '../lib/key-pair.ts'
import type { Keys } from '../lib/seal.ts'
import type { Tx } from '../store/store.ts'
import type { World } from './world.ts'

/** The agents and our pairs as the store last said, in memory: a call needs them at once. Empty until `refresh`. */
export type AgentBook = {
  agent(id: string): Agent | null
  agents(): readonly Agent[]
  /** Whose calls the agent may be given: null where it is not confirmed, or revoked. */
  directoryOf(id: string): string | null
  /** Our end of its link, pinned pair last; null: unknown, revoked, or the pair that it pinned is gone. */
  endsOf(id: string): Ends | null
  /** Our newest pair; null: no agent was ever enrolled. */
  newest(): OwnPair | null
  /** What was just saved, ahead of the next refresh. */
  put(agent: Agent): void
  refresh(): Promise<void>
}

/** One name for all servers of a deployment, which its agents pin; it never changes. */
export const deploymentId = (keys: Keys): string => keys.pseudonym('agents', 'deployment')

export function createAgentBook({ store, keys }: Pick<World, 'store' | 'keys'>): AgentBook {
  let agents = new Map<string, Agent>()
  let own: readonly OwnPair[] = []
  const loadedOwn = new Map<string, OwnPair>()
  const loadedTheirs = new Map<string, TheirPair>()
  const deployment = deploymentId(keys)
  const theirs = (agent: Agent): TheirPair[] =>
    agent.keys.map(each => kept(loadedTheirs, each.id, () => theirPair(each)))
  /** What was put while the store was read: the store may not have known it yet. */
  let meanwhile = new Map<string, Agent>()
  let refreshed: Promise<void> = Promise.resolve()
  const readAnew = async (): Promise<void> => {
    meanwhile = new Map()
    const found = await store.read(async tx => ({
      agents: await tx.agents.list(),
      keys: await tx.agentKeys.list(),
    }))
    own = found.keys.map(({ id, secret }) => kept(loadedOwn, id, () => ownPair(halvesIn(secret))))
    agents = new Map([...found.agents.map(agent => [agent.id, agent] as const), ...meanwhile])
  }
  return {
    agent: id => agents.get(id) ?? null,
    agents: () => [...agents.values()],
    directoryOf(id) {
      const agent = agents.get(id)
      return agent?.status === 'active' ? agent.directory : null
    },
    endsOf(id) {
      const agent = agents.get(id)
      const pinned = own.find(pair => pair.keys.id === agent?.pinned)
      if (!agent || !pinned || agent.status === 'revoked') return null
      const others = own.filter(pair => pair !== pinned)
      return { deployment, agent: id, own: [...others, pinned], theirs: theirs(agent) }
    },
    newest: () => own.at(-1) ?? null,
    put(agent) {
      agents.set(agent.id, agent)
      meanwhile.set(agent.id, agent)
    },
    refresh() {
      refreshed = refreshed.catch(() => undefined).then(readAnew)
      return refreshed
    },
  }
}

function kept<T>(known: Map<string, T>, id: string, make: () => T): T {
  const found = known.get(id) ?? make()
  known.set(id, found)
  return found
}

/** as: what was sealed there were the halves of `addOwnKeys`. */
const halvesIn = (secret: string): Halves => JSON.parse(secret) as Halves

/** A new pair of ours; it is signed with once the agents have pinned it. */
export async function addOwnKeys(tx: Tx, now: Instant): Promise<OwnPair> {
  const halves = newSecretHalves()
  const pair = ownPair(halves)
  // The newest is told by its time, whatever the clock says.
  const createdAt = Math.max(now, ((await tx.agentKeys.list()).at(-1)?.createdAt ?? 0) + 1)
  await tx.agentKeys.insert({ id: pair.keys.id, createdAt, secret: JSON.stringify(halves) })
  return pair
}

/** The newest, or the first. */
export async function newestOwnKeys(tx: Tx, now: Instant): Promise<OwnPair> {
  const newest = (await tx.agentKeys.list()).at(-1)
  return newest ? ownPair(halvesIn(newest.secret)) : addOwnKeys(tx, now)
}
