// An agent, its directory and the way between them that die, freeze, crawl, lose and repeat, at every moment of a reset
// over HTTP: real processes, a real OpenLDAP.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../../rig/agent.ts'
import { type AgentSideDirectory, agentSideOpenLdap } from '../../rig/agent-directories.ts'
import { type FaultSite, faultSite, OLD, PEOPLE } from '../../rig/agent-faults.ts'
import type { Child } from '../../rig/child.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'

const people = [...PEOPLE]
let directory: AgentSideDirectory
let site: FaultSite
let agent: Child

beforeAll(async () => {
  directory = await agentSideOpenLdap(PEOPLE, OLD)
})
afterAll(() => directory.stop())
beforeEach(async () => {
  site = await faultSite(directory, people)
  site.hosts.push(await site.host('dc1'))
  agent = await start()
  await site.ready()
})
afterEach(async () => {
  await directory.proxy.set({ name: 'pass' })
  await site.stop()
})
const start = async (): Promise<Child> => {
  const [host] = site.hosts
  if (!host) throw new Error('no host')
  return host.start()
}

test('an agent that was killed before it was asked: nothing happened, and it is told so', async () => {
  const person = await site.atPassword()
  await agent.stop('SIGKILL')
  const answer = await site.give(person)
  expect(answer.status).toBe(503)
  await start()
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('an agent that is killed with a job in hand, before the write: nobody knows, then nothing was written', async () => {
  const person = await site.atPassword()
  site.onWrite(async send => {
    await directory.proxy.set({ name: 'black_hole' })
    setTimeout(() => agent.signal('SIGKILL'), 300)
    return await send()
  })
  expect((await site.give(person)).told.state).toBe('uncertain')
  site.onAsk = null
  expect(await directory.binds(person.login, OLD)).toBe(true)
  await directory.proxy.set({ name: 'pass' })
  await start()
  await site.doneInTheEnd(person)
  await site.nextWorks()
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
  await start()
  await until('the agent’s own record', async () =>
    site.hosts.some(host => host.audit().some(({ event }) => event === 'settled')),
  )
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('an agent that is killed after the write, before its answer arrives', async () => {
  const person = await site.atPassword()
  site.onWrite(async send => {
    await send()
    await agent.stop('SIGKILL')
    return new Uint8Array()
  })
  expect((await site.give(person)).told.state).toBe('uncertain')
  site.onAsk = null
  await start()
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a write that the directory took and whose answer it lost is settled by reading', async () => {
  const person = await site.atPassword()
  await directory.proxy.set({ name: 'lose_answer', to: holdsLdap('modify', 'extended') })
  expect((await site.give(person)).told.state).toBe('uncertain')
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a directory that is down is "not now" for everybody, and works again by itself', async () => {
  const person = await site.atPassword()
  await directory.proxy.set({ name: 'refuse' })
  expect((await site.give(person)).status).toBe(503)
  const starts = await Promise.all([person.login, 'nobody-at-all'].map(login => site.portal.start(login)))
  expect(starts.map(({ started }) => started.status)).toEqual([503, 503])
  expect(starts[0]?.started.text).toBe(starts[1]?.started.text)
  await directory.proxy.set({ name: 'pass' })
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a slow directory is waited for', async () => {
  const person = await site.atPassword()
  await directory.proxy.set({ name: 'delay', ms: 800 })
  expect((await site.give(person)).told.state).toBe('done')
  await directory.proxy.set({ name: 'pass' })
  await site.doneInTheEnd(person)
  await site.nextWorks()
})
