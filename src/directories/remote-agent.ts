import { type Capabilities, type Directory, DirectoryError, refusedFor } from '../directory.ts'
import { type RemoteAgentParts, usableAgents } from './remote-agent/agents.ts'
import { ask } from './remote-agent/asking.ts'
import { healthOf } from './remote-agent/health.ts'

export type { RemoteAgentNote, RemoteAgentParts } from './remote-agent/agents.ts'

/** Before the first agent was heard. */
const NOTHING: Capabilities = {
  reset: false,
  change: false,
  unlock: false,
  authenticate: false,
  historyOnReset: false,
}

/**
 * A directory behind agents that dial out: each call is sealed to one of them, signed, and answered there by a directory
 * of the same kind as any other. Reads may go on to the next agent; what counts where it arrives (a write, a password that
 * is tried) is handed out once, and to another agent only where it certainly reached no directory. What an agent's own
 * policy forbids is `not_allowed` for a write, and a DirectoryError else.
 */
export function createRemoteAgentDirectory(parts: RemoteAgentParts): Directory {
  let can = NOTHING
  const capabilities = (): Capabilities => {
    can = usableAgents(parts)[0]?.heartbeat.can ?? can
    return can
  }
  return {
    name: parts.name,
    domains: parts.domains,
    get can() {
      return capabilities()
    },
    find: async (login, signal) => known(await ask(parts, { op: 'find', login }, signal)),
    findBy: async (attribute, value, signal) =>
      known(await ask(parts, { op: 'findBy', attribute, value }, signal)),
    read: async (ref, signal) => known(await ask(parts, { op: 'read', ref }, signal)),
    authenticate: async (ref, password, signal) =>
      known(await ask(parts, { op: 'authenticate', ref, password }, signal)),
    setPassword: async (ref, { password, unlock, key }, signal) =>
      written(await ask(parts, { op: 'setPassword', ref, password, unlock, key }, signal)),
    changePassword: async (ref, { old, password, key }, signal) =>
      written(await ask(parts, { op: 'changePassword', ref, old, password, key }, signal)),
    unlock: async (ref, signal) => written(await ask(parts, { op: 'unlock', ref }, signal)),
    search: async (text, page, signal) => known(await ask(parts, { op: 'search', text, page }, signal)),
    groups: async (text, page, signal) => known(await ask(parts, { op: 'groups', text, page }, signal)),
    members: async (group, page, signal) => known(await ask(parts, { op: 'members', group, page }, signal)),
    outcome: async (ref, mark, signal) => known(await ask(parts, { op: 'outcome', ref, mark }, signal)),
    check: async () => healthOf(parts),
    // The relay is not ours alone: whoever opened it closes it.
    close: async () => undefined,
  }
}

function known<T>(answer: T | 'policy'): T {
  if (answer === 'policy') throw new DirectoryError('the policy of the agent forbids this', false)
  return answer
}

const written = <T>(answer: T | 'policy'): T | ReturnType<typeof refusedFor> =>
  answer === 'policy' ? refusedFor('not_allowed') : answer
