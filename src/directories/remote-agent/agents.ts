import { type Agent, type Heartbeat, SILENT_MS } from '../../agent.ts'
import { CLOCK_SKEW_MS, type Ends } from '../../agent-message.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { Relay } from '../../relay.ts'

export type RemoteAgentParts = {
  /** The agents' own name of this directory, too: accounts of another are not believed. */
  readonly name: string
  readonly domains: readonly string[]
  readonly relay: Relay
  readonly agents: {
    agent(id: string): Agent | null
    /** Our end of the agent's link; null: revoked, or not known. */
    endsOf(id: string): Ends | null
  }
  readonly clock: Clock
  readonly random: Random
  /** Notes for operators: never a login, a password, a DN. */
  readonly note: RemoteAgentNote
}

export type RemoteAgentNote = (
  event: 'agent_refused' | 'agent_answer_rejected',
  detail: { readonly agent: string; readonly job: string; readonly op: string; readonly why: string },
) => void

export type UsableAgent = Agent & { readonly heartbeat: Heartbeat }

/**
 * Agents that can take a call now, the best first: whose directory answers and can be written, then the one with the
 * fewest open calls. One that is silent, or whose clock would refuse every call, is none.
 */
export function usableAgents({ name, relay, agents, clock }: RemoteAgentParts): readonly UsableAgent[] {
  const now = clock.now()
  return relay
    .ready(name)
    .flatMap(id => agents.agent(id) ?? [])
    .filter((agent): agent is UsableAgent => isHeard(agent, now) && isInTime(agent))
    .toSorted((a, b) => worth(b.heartbeat) - worth(a.heartbeat))
}

const isHeard = ({ heartbeat }: Agent, now: number): boolean =>
  heartbeat !== null && now - heartbeat.at <= SILENT_MS

/** A call is refused as late, or as one from the future, by an agent whose clock is further off (AGT-08). */
const isInTime = ({ heartbeat }: Agent): boolean =>
  heartbeat !== null && Math.abs(heartbeat.clockOffsetMs) < CLOCK_SKEW_MS

const worth = ({ reachable, writable, paused }: Heartbeat): number =>
  reachable ? (writable && !paused ? 2 : 1) : 0
