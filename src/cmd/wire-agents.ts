import { type AgentBook, createAgentBook } from '../actions/agent-book.ts'
import { type AgentDesk, createAgentDesk } from '../actions/agent-desk.ts'
import { noteRefusal } from '../actions/refusals.ts'
import type { World } from '../actions/world.ts'
import { createRemoteAgentDirectory, type RemoteAgentNote } from '../directories/remote-agent.ts'
import type { Directory } from '../directory.ts'
import { createLocalRelay, type LocalRelay } from '../relays/local.ts'
import type { AgentDirectoryConfig } from './config-types.ts'

/** Who answers for directories behind agents, and how they are asked. The book is empty until it is refreshed. */
export type Agents = { readonly book: AgentBook; readonly relay: LocalRelay }

export function openAgents(parts: Pick<World, 'store' | 'keys'>): Agents {
  const book = createAgentBook(parts)
  return { book, relay: createLocalRelay(book.directoryOf) }
}

export const openDesk = (world: World, { book, relay }: Agents): AgentDesk =>
  createAgentDesk({
    ...{ world, book, relay, seat: relay.seat },
    refused: (source, reason) =>
      void noteRefusal(world, source, { name: 'agent.hello_refused', reason }).catch((cause: unknown) =>
        world.log.error('a hello that was refused could not be recorded', { cause }),
      ),
  })

type Needed = Pick<World, 'store' | 'clock' | 'random' | 'log'>

export const agentDirectory = (
  { name, domains }: AgentDirectoryConfig,
  { book, relay }: Agents,
  world: Needed,
): Directory =>
  createRemoteAgentDirectory({ ...world, name, domains, relay, agents: book, note: noteTo(world, book) })

/** A refusal of an agent, and an answer that is not genuine, are on record on this side too. */
const noteTo =
  ({ store, log }: Needed, book: AgentBook): RemoteAgentNote =>
  (event, { agent, job, op, why }) => {
    const object = book.agent(agent)?.name ?? agent
    log.warn(event, { agent: object, job, op, why })
    const name = event === 'agent_refused' ? 'agent.call_refused' : 'agent.answer_rejected'
    const detail = { id: agent, job, op }
    store
      .transact(tx => tx.audit({ name, actor: 'server', result: 'refused', reason: why, object, detail }))
      .catch((cause: unknown) => log.error('a refusal of an agent could not be recorded', { job, cause }))
  }
