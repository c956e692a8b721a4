import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AgentWorld, startAgentWorld } from '../../rig/agent.ts'
import { openldapEntry } from '../../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../../rig/slapd.ts'

const OLD = 'the old password of alice'
let slapd: Slapd
let site: AgentWorld
beforeAll(async () => {
  slapd = await startSlapd({ users: ['alice', 'bob'].map(uid => ({ uid, password: OLD })) })
  site = await startAgentWorld({ ...openldapEntry(slapd), name: 'people' })
})
afterAll(async () => {
  await site.stop()
  await slapd.stop()
})

test('a password is reset over HTTP, through an agent that is a process of its own, and opens the directory', async () => {
  const host = await site.host('dc1')
  const child = await host.start()
  await site.ready()
  const reset = await site.gatesPassed('alice')
  expect(await reset.password('seven quiet herons wade')).toMatchObject({ told: { state: 'done' } })
  expect((await slapd.hand.tryBind(personDn('alice'), 'seven quiet herons wade')).ok).toBe(true)
  expect((await slapd.hand.tryBind(personDn('alice'), OLD)).ok).toBe(false)
  expect(host.audit().map(({ event }) => event)).toEqual(['writing', 'written'])
  await child.stop()
  expect(host.log()).toMatch(/the agent stops/)
  expect(host.log()).not.toMatch(/herons|old password/)
})
