// The two worst moments, with a real Active Directory (Samba) behind the agent.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../../rig/agent.ts'
import { type AgentSideDirectory, agentSideSamba } from '../../rig/agent-directories.ts'
import { type FaultSite, faultSite, OLD, PEOPLE } from '../../rig/agent-faults.ts'
import type { Child } from '../../rig/child.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'

const people = PEOPLE.slice(0, 4)
let directory: AgentSideDirectory
let site: FaultSite
let agent: Child

beforeAll(async () => {
  directory = await agentSideSamba(people, OLD)
})
afterAll(() => directory.stop())
beforeEach(async () => {
  site = await faultSite(directory, people)
  const host = await site.host('dc1')
  site.hosts.push(host)
  agent = await host.start()
  await site.ready()
})
afterEach(async () => {
  await directory.proxy.set({ name: 'pass' })
  await site.stop()
})

test('an agent that is killed during the write reads what became of it, and writes nothing', async () => {
  const person = await site.atPassword()
  let isWriting = false
  site.onWrite(send => {
    isWriting = true
    return send()
  })
  await directory.proxy.set({ name: 'delay', ms: 400 })
  const giving = site.give(person)
  await until('a write that arrived', async () => isWriting && directory.binds(person.login, person.password))
  await agent.stop('SIGKILL')
  expect((await giving).told.state).toBe('uncertain')
  site.onAsk = null
  await directory.proxy.set({ name: 'pass' })
  await site.hosts[0]?.start()
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a write that the directory took and whose answer it lost is settled by reading', async () => {
  const person = await site.atPassword()
  await directory.proxy.set({ name: 'lose_answer', to: holdsLdap('modify') })
  expect((await site.give(person)).told.state).toBe('uncertain')
  await site.doneInTheEnd(person)
  await site.nextWorks()
})
