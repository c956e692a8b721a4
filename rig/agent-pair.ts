// A directory behind an agent without sockets: the real asking half, keys, relay, answering half, journal.

import { type Answering, createAnswering } from '../src/agent/answer.ts'
import { openJournal } from '../src/agent/journal.ts'
import { AGENT_OPERATIONS, type AgentPolicy } from '../src/agent/policy.ts'
import type { Agent } from '../src/agent.ts'
import { createRemoteAgentDirectory, type RemoteAgentParts } from '../src/directories/remote-agent.ts'
import type { Directory } from '../src/directory.ts'
import { systemClock } from '../src/lib/clock.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createLocalRelay } from '../src/relays/local.ts'
import { linkOf } from './agent-link.ts'
import { tempFolder } from './child.ts'

const FREE: AgentPolicy = {
  allowedOus: null,
  protectedGroups: [],
  operations: AGENT_OPERATIONS,
  resetsPerMinute: 10_000,
}

/** `inner` is what stands beside the agent. Heartbeats come when the directory is checked. */
export function behindAgent(inner: Directory, policy: Partial<AgentPolicy> = {}): Directory {
  const link = linkOf()
  const id = link.server.agent
  const folder = tempFolder('pair')
  const opened = openJournal(folder.path, systemClock)
  const answering = opened.then(
    (journal): Answering =>
      createAnswering({
        ...{ directory: inner, policy: { ...FREE, ...policy }, journal, clock: systemClock },
        ends: () => link.agent,
        audit: () => undefined,
      }),
  )
  const relay = createLocalRelay(() => inner.name)
  const seat = relay.seat(id, {
    send: (number, message) => {
      void answering
        .then(agent => agent.answer(message))
        .then(answer => answer && seat.answered(number, answer))
      return true
    },
    end: () => undefined,
  })
  const health = { reachable: true, writable: true }
  const agent = (): Agent => agentOf(id, inner, health)
  const remote = createRemoteAgentDirectory(partsOf(inner, relay, { agent, endsOf: () => link.server }))
  return {
    ...remote,
    get can() {
      return remote.can
    },
    async check(signal) {
      Object.assign(health, await inner.check(signal))
      return remote.check(signal)
    },
    async close() {
      await relay.close()
      await (await answering).idle()
      await (await opened).close()
      await inner.close()
      folder.remove()
    },
  }
}

const partsOf = (
  { name, domains }: Directory,
  relay: RemoteAgentParts['relay'],
  agents: RemoteAgentParts['agents'],
): RemoteAgentParts => ({
  ...{ name, domains, relay, agents, clock: systemClock, random: systemRandom },
  note: () => undefined,
})

const agentOf = (
  id: string,
  { name, can }: Directory,
  health: { readonly reachable: boolean; readonly writable: boolean },
): Agent => ({
  ...{ id, name: 'dc1', directory: name, status: 'active', keys: [], pinned: '' },
  ...{ rollAskedAt: null, rolledAt: null, enrolledAt: 0, confirmedAt: 0, revokedAt: null },
  heartbeat: {
    ...{ at: systemClock.now(), version: '1.0.0', clockOffsetMs: 0, findings: [], paused: false },
    ...{ reachable: health.reachable, writable: health.writable, can },
  },
})
