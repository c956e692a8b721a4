import { agentState } from '../../agent.ts'
import type { Finding, Health } from '../../directory.ts'
import { type RemoteAgentParts, usableAgents } from './agents.ts'

/** From heartbeats alone: nobody waits for an answer from far away before each reset. */
export function healthOf(parts: RemoteAgentParts): Health {
  const beats = usableAgents(parts).map(({ heartbeat }) => heartbeat)
  const reachable = beats.filter(beat => beat.reachable)
  return {
    reachable: reachable.length > 0,
    writable: reachable.some(({ writable, paused }) => writable && !paused),
    warnings: beats.length === 0 ? [NOBODY, ...connected(parts)] : connected(parts),
  }
}

const NOBODY: Finding = {
  level: 'error',
  text: 'no agent can be asked now; a command asks through the server, which must run on this machine (postern agent list).',
}

/** What each connected agent found, under its name. */
const connected = ({ name, relay, agents, clock }: RemoteAgentParts): Finding[] =>
  relay.ready(name).flatMap(id => {
    const agent = agents.agent(id)
    if (!agent) return []
    const state = agentState(agent, clock.now())
    return [
      { level: state === 'running' ? 'ok' : 'warning', text: `agent ${agent.name}: ${state}.` },
      ...(agent.heartbeat?.findings ?? []).map(({ level, text }) => ({
        level,
        text: `agent ${agent.name}: ${text}`,
      })),
    ] satisfies Finding[]
  })
