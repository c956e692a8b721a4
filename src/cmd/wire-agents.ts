import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentBook, createAgentBook, deploymentId } from '../actions/agent-book.ts'
import { type AgentDesk, createAgentDesk } from '../actions/agent-desk.ts'
import { noteRefusal } from '../actions/refusals.ts'
import type { World } from '../actions/world.ts'
import { createRemoteAgentDirectory, type RemoteAgentNote } from '../directories/remote-agent.ts'
import type { Directory } from '../directory.ts'
import { deadline, seconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { createKeys } from '../lib/seal.ts'
import type { Relay } from '../relay.ts'
import { createLocalRelay, type LocalRelay } from '../relays/local.ts'
import { relayThroughServer, shareRelay } from '../relays/through-server.ts'
import type { AgentDirectoryConfig, Deployment } from './config-types.ts'

/** Who answers for directories behind agents, and how they are asked. The book is empty until it is refreshed. */
export type Agents = { readonly book: AgentBook; readonly relay: LocalRelay }

export const behindAgents = ({ directories }: Deployment): readonly string[] =>
  directories.filter(({ kind }) => kind === 'agent').map(({ name }) => name)

/**
 * Where a server shares its relay with commands on its machine: in its data folder, or, where PostgreSQL has the data, in
 * the folder that systemd gives a service (RUNTIME_DIRECTORY), else in one of the account's own.
 */
export function relayPath({ storage, ring }: Deployment, env: NodeJS.ProcessEnv = process.env): string {
  if (storage.kind === 'sqlite') return join(storage.folder, 'agents.sock')
  const folder = env['RUNTIME_DIRECTORY'] ?? join(tmpdir(), `postern-${process.getuid?.() ?? 0}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, `agents-${deploymentId(createKeys(ring)).slice(0, 16)}.sock`)
}

const LOOK_MS = seconds(2)

/** For a command: the agents of a server that runs on this machine; null where none does. */
export const findRelay = (deployment: Deployment): Promise<Relay | null> =>
  relayThroughServer(relayPath(deployment), behindAgents(deployment), deadline(LOOK_MS))

/** For a server. Commands cannot ask agents where the file cannot be made; everything else goes on. */
export async function shareWithCommands(
  relay: Relay,
  deployment: Deployment,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  try {
    return await shareRelay(relay, relayPath(deployment))
  } catch (cause) {
    log.warn('commands on this machine cannot ask agents', { cause })
    return { close: async () => undefined }
  }
}

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
  { book, relay }: { readonly book: AgentBook; readonly relay: Relay },
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
