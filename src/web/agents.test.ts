import { afterEach, expect, it } from 'vitest'
import { type AgentSite, openAgentSite, type SiteOptions } from '../../rig/agent-site.ts'

let site: AgentSite
const open = async (options: SiteOptions = {}): Promise<void> => {
  site = await openAgentSite(options)
}
afterEach(() => site.stop())

const ask = (agent: string, text: string, ms = 5_000): Promise<string> =>
  site.relay
    .ask(agent, Buffer.from(text), AbortSignal.timeout(ms))
    .then(answer => Buffer.from(answer).toString())

it.each([false, true])('connects an enrolled agent, asks it and hears how it is (TLS: %s)', async tls => {
  await open({ tls })
  const identity = await site.enrol('one')
  const { agent } = identity.get()
  const link = site.link(identity)
  await expect.poll(() => site.relay.ready('people')).toEqual([agent])
  expect(link.isUp()).toBe(true)
  expect(await ask(agent, 'hello')).toBe('hello')
  await expect
    .poll(() => site.book.agent(agent)?.heartbeat)
    .toMatchObject({ reachable: true, clockOffsetMs: 0 })
})
