// Both ends of one link between a server and an agent, for tests: fresh keys, nothing in between.
import type { PublicKeys } from '../src/agent.ts'
import { type Ends, type OwnPair, ownPair, theirPair } from '../src/agent-message.ts'
import { newSecretHalves } from '../src/lib/key-pair.ts'

export type Link = { readonly server: Ends; readonly agent: Ends }

export const freshPair = (): OwnPair => ownPair(newSecretHalves())

export const theirsOf = (pair: OwnPair): ReturnType<typeof theirPair> =>
  theirPair(pair.keys satisfies PublicKeys)

export function linkOf(over: { readonly deployment?: string; readonly agent?: string } = {}): Link {
  const named = { deployment: 'deployment-1', agent: 'agent-1', ...over }
  const [server, agent] = [freshPair(), freshPair()]
  return {
    server: { ...named, own: [server], theirs: [theirsOf(agent)] },
    agent: { ...named, own: [agent], theirs: [theirsOf(server)] },
  }
}
