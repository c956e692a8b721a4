// An agent that is frozen for two minutes with a write in hand (decisions 7.11), in real time: long enough that everybody
// else has settled what became of it, and written again.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../rig/agent.ts'
import { type AgentSideDirectory, agentSideOpenLdap } from '../../rig/agent-directories.ts'
import { type FaultSite, faultSite, OLD, PEOPLE } from '../../rig/agent-faults.ts'
import type { Child } from '../../rig/child.ts'
import { settleDue } from '../actions/settle.ts'
import { minutes, pause, seconds } from '../lib/clock.ts'

let directory: AgentSideDirectory
let site: FaultSite
beforeAll(async () => {
  directory = await agentSideOpenLdap(PEOPLE, OLD)
  site = await faultSite(directory, [...PEOPLE])
})
afterAll(async () => {
  await site.stop()
  await directory.stop()
})

test('a write in the hands of an agent that freezes for two minutes is not done when it thaws', async () => {
  const children = new Map<string, Child>()
  for (const name of ['dc1', 'dc2']) {
    const host = await site.host(name)
    site.hosts.push(host)
    children.set(name, await host.start())
  }
  await site.ready(2)
  const person = await site.atPassword()
  let frozen: Child | undefined
  site.onWrite((send, agent) => {
    if (!frozen) children.get(agent)?.signal('SIGSTOP')
    frozen ??= children.get(agent)
    return send()
  })
  const thawed = pause(minutes(2)).then(() => frozen?.signal('SIGCONT'))
  expect((await site.give(person)).told.state).toBe('uncertain')
  await site.nextWorks()
  await until(
    'a settled write',
    async () => {
      await pause(seconds(2))
      await settleDue(site.world)
      return (await person.reset.get()).told.state === 'password'
    },
    minutes(1.5),
  )
  const second = { ...person, password: 'Quite another one 2' }
  expect((await site.give(second)).told.state).toBe('done')
  await thawed
  await pause(seconds(20))
  expect(await directory.changes(person.login)).toBe(1)
  expect(await directory.binds(person.login, second.password)).toBe(true)
  await site.ready(2)
  await site.nextWorks()
})
