import { beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import type { Agent, AgentInvitation, Heartbeat } from '../agent.ts'
import { minutes } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { now, parallel } from './conformance-suite.ts'
import type { Store } from './store.ts'

const random = seededRandom('agents')

export const sampleAgent = (change: Partial<Agent> = {}): Agent => ({
  id: newId(random),
  name: 'site one',
  directory: 'people',
  status: 'waiting',
  keys: [{ id: 'pair', sign: 'a public key', seal: 'another' }],
  pinned: 'our pair',
  rollAskedAt: null,
  rolledAt: null,
  enrolledAt: now,
  confirmedAt: null,
  revokedAt: null,
  heartbeat: null,
  ...change,
})

export const sampleInvitation = (change: Partial<AgentInvitation> = {}): AgentInvitation => ({
  id: newId(random),
  name: 'site one',
  directory: 'people',
  key: 'a key made of the code',
  expiresAt: now + minutes(10),
  ...change,
})

const heartbeat: Heartbeat = {
  at: now,
  version: '1.0.0',
  clockOffsetMs: 12,
  reachable: true,
  writable: false,
  can: { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: false },
  findings: [{ level: 'warning', text: 'too much' }],
  paused: false,
}

/** Agents, who may become one, and our keys towards them. */
export function agentConformance(store: () => Store): void {
  describe('agents', () => {
    let agent: Agent
    beforeEach(async () => {
      agent = sampleAgent()
      expect(await store().transact(tx => tx.agents.insert(agent))).toBe(true)
    })

    it('gives back what was kept, and its heartbeat apart from it', async () => {
      await store().transact(tx => tx.agents.noteHeartbeat(agent.id, heartbeat))
      await store().transact(tx => tx.agents.save({ ...agent, status: 'active', confirmedAt: now }))
      const kept = { ...agent, status: 'active' as const, confirmedAt: now, heartbeat }
      expect(await store().read(tx => tx.agents.lock(agent.id))).toEqual(kept)
      expect(await store().transact(tx => tx.agents.lock(agent.id))).toEqual(kept)
      expect(await store().read(tx => tx.agents.list())).toEqual([kept])
      expect(await store().read(tx => tx.agents.lock('nobody'))).toBeNull()
    })

    it('has one agent of a name, until that one is revoked', async () => {
      const second = sampleAgent()
      expect(await store().transact(tx => tx.agents.insert(second))).toBe(false)
      await store().transact(tx => tx.agents.save({ ...agent, status: 'revoked', revokedAt: now }))
      expect(await store().transact(tx => tx.agents.insert(second))).toBe(true)
      expect((await store().read(tx => tx.agents.list())).map(({ status }) => status).sort()).toEqual([
        'revoked',
        'waiting',
      ])
    })

    it('lets one of many in parallel have a name', async () => {
      const asked = await parallel(5, () =>
        store().transact(tx => tx.agents.insert(sampleAgent({ name: 'b' }))),
      )
      expect(asked.filter(Boolean)).toHaveLength(1)
    })
  })

  describe('invitations of agents', () => {
    it('are used once, in their time, by their own id', async () => {
      const invitation = sampleInvitation()
      await store().transact(tx => tx.agentInvitations.issue(invitation))
      expect(await store().read(tx => tx.agentInvitations.get(invitation.id))).toEqual(invitation)
      const use = (id: string, at: number) => store().transact(tx => tx.agentInvitations.use(id, at))
      expect(await use('another', now)).toBe(false)
      expect(await use(invitation.id, invitation.expiresAt)).toBe(false)
      const used = await parallel(5, () => use(invitation.id, now))
      expect(used.filter(Boolean)).toHaveLength(1)
      expect(await store().read(tx => tx.agentInvitations.get(invitation.id))).toBeNull()
    })

    it('take the place of an earlier one, and go with their time', async () => {
      const [first, second] = [sampleInvitation(), sampleInvitation({ key: 'another key' })]
      await store().transact(tx => tx.agentInvitations.issue(first))
      await store().transact(tx => tx.agentInvitations.issue(second))
      expect(await store().transact(tx => tx.agentInvitations.use(first.id, now))).toBe(false)
      expect(await store().transact(tx => tx.agentInvitations.prune(second.expiresAt - 1))).toBe(0)
      expect(await store().transact(tx => tx.agentInvitations.prune(second.expiresAt))).toBe(1)
    })
  })

  it('keeps our keys towards agents, oldest first', async () => {
    const keys = (id: string, createdAt: number) => ({ id, createdAt, secret: `secret of ${id}` })
    await store().transact(async tx => {
      await tx.agentKeys.insert(keys('newer', now + 1))
      await tx.agentKeys.insert(keys('older', now))
    })
    expect(await store().read(tx => tx.agentKeys.list())).toEqual([
      keys('older', now),
      keys('newer', now + 1),
    ])
    expect(await store().transact(tx => tx.agentKeys.remove('older'))).toBe(true)
    expect(await store().transact(tx => tx.agentKeys.remove('older'))).toBe(false)
  })
}
