import { type Agent, type AgentState, agentState, INVITATION_MS } from '../agent.ts'
import { inviteOf, newInviteCode } from '../agent-keys.ts'
import type { EventName } from '../audit.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { fingerprintOf, isFingerprintOf } from '../lib/key-pair.ts'
import type { Tx } from '../store/store.ts'
import type { World } from './world.ts'

/** Short, and safe in a log, a file name and a command. */
const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/

const no = (text: string): AppError => new AppError('invalid-input', text)

/** A code that makes one program an agent of this directory, within ten minutes (AGT-02). It is shown once and not kept. */
export async function inviteAgent(
  world: World,
  invited: { readonly directory: string; readonly name: string },
): Promise<{ readonly code: string; readonly expiresAt: Instant }> {
  const { directory, name } = invited
  if (!NAME.test(name)) throw no('A name has small letters, digits, dots and hyphens, 63 at most.')
  if (!world.directories.some(each => each.name === directory))
    throw no(`The deployment file has no directory "${directory}".`)
  const code = newInviteCode(world.random)
  const invite = inviteOf(code)
  if (!invite) throw new Error('a new code is a code')
  const expiresAt = world.clock.now() + INVITATION_MS
  await world.store.transact(async tx => {
    if (await liveAgent(tx, name))
      throw no(`There is an agent "${name}"; revoke it first, or choose another name.`)
    await tx.agentInvitations.issue({ ...invite, name, directory, expiresAt })
    await record(tx, 'agent.invited', name)
  })
  return { code, expiresAt }
}

/** From now on the agent is given calls. Throws where the fingerprint is another's: then its keys are not to be trusted. */
export async function confirmAgent(world: World, name: string, fingerprint: string): Promise<Agent> {
  return world.store.transact(async tx => {
    const agent = await theAgent(tx, name)
    if (agent.status === 'active') throw no(`The agent "${name}" is confirmed already.`)
    const keys = agent.keys.at(-1)
    if (!keys || !isFingerprintOf(fingerprint, keys))
      throw no(
        'That is not the fingerprint of the agent that enrolled. If the agent shows this one, revoke the other.',
      )
    const confirmed = { ...agent, status: 'active' as const, confirmedAt: world.clock.now() }
    await tx.agents.save(confirmed)
    await record(tx, 'agent.confirmed', name, { id: agent.id })
    return confirmed
  })
}

/** For good: servers cut it off within seconds, with whatever it was asked (AGT-12). */
export async function revokeAgent(world: World, name: string): Promise<void> {
  await world.store.transact(async tx => {
    const agent = await theAgent(tx, name)
    await tx.agents.save({ ...agent, status: 'revoked', revokedAt: world.clock.now() })
    await record(tx, 'agent.revoked', name, { id: agent.id })
  })
}

/** It makes new keys at once, or when it connects next. */
export async function askAgentToRoll(world: World, name: string): Promise<void> {
  await world.store.transact(async tx => {
    const agent = await theAgent(tx, name)
    await tx.agents.save({ ...agent, rollAskedAt: world.clock.now() })
    await record(tx, 'agent.keys_asked', name, { id: agent.id })
  })
}

export type ListedAgent = Agent & { readonly state: AgentState; readonly fingerprint: string }

/** Those that were revoked come last. */
export async function listAgents(world: World): Promise<ListedAgent[]> {
  const now = world.clock.now()
  const agents = await world.store.read(tx => tx.agents.list())
  const isRevoked = ({ status }: Agent): number => (status === 'revoked' ? 1 : 0)
  return agents
    .toSorted((a, b) => isRevoked(a) - isRevoked(b) || a.name.localeCompare(b.name, 'en'))
    .map(agent => {
      const keys = agent.keys.at(-1)
      return { ...agent, state: agentState(agent, now), fingerprint: keys ? fingerprintOf(keys) : '-' }
    })
}

/** The one of this name that is not revoked, held against others. */
async function liveAgent(tx: Tx, name: string): Promise<Agent | null> {
  const found = (await tx.agents.list()).find(agent => agent.name === name && agent.status !== 'revoked')
  return found ? tx.agents.lock(found.id) : null
}

async function theAgent(tx: Tx, name: string): Promise<Agent> {
  const agent = await liveAgent(tx, name)
  if (!agent || agent.status === 'revoked') throw new AppError('not-found', `There is no agent "${name}".`)
  return agent
}

const record = (tx: Tx, name: EventName, object: string, detail?: { readonly id: string }): Promise<void> =>
  tx.audit({ name, actor: 'operator', result: 'ok', object, ...(detail ? { detail } : {}) })
