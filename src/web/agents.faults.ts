import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AgentSite, DIRECT, FINE, openAgentSite } from '../../rig/agent-site.ts'
import { startConnectProxy } from '../../rig/connect-proxy.ts'
import { startFaultProxy } from '../../rig/fault-proxy.ts'
import { rawAgent, rawHello } from '../../rig/raw-agent.ts'
import { offerHello } from '../agent-hello.ts'
import { systemRandom } from '../lib/random.ts'

let site: AgentSite
beforeEach(async () => {
  site = await openAgentSite()
})
afterEach(() => site.stop())

const ready = () => site.relay.ready('people')

it('gives nobody more than five seconds for a hello, however slowly it comes (DOS-03)', async () => {
  const identity = await site.enrol('one')
  const began = performance.now()
  const [mute, slow] = [rawAgent(site), rawAgent(site)]
  await slow.opened()
  slow.send('hello', offerHello(identity.ends(), systemRandom))
  await Promise.all([mute.over, slow.over])
  expect(performance.now() - began).toBeGreaterThan(4_900)
  expect(performance.now() - began).toBeLessThan(7_000)
})

it('lets an agent go that says nothing for forty seconds, and what it was asked', async () => {
  const identity = await site.enrol('one')
  const raw = await rawHello(site, identity)
  expect(ready()).toHaveLength(1)
  const asked = expect(
    site.relay.ask(identity.get().agent, Buffer.from('x'), AbortSignal.timeout(60_000)),
  ).rejects.toMatchObject({ sent: true })
  const began = performance.now()
  await asked
  expect(performance.now() - began).toBeGreaterThan(38_000)
  expect(performance.now() - began).toBeLessThan(45_000)
  expect(ready()).toEqual([])
  await raw.over
})

it('leaves a line on which nothing passes any more, and comes back on another', async () => {
  const line = await startFaultProxy({ port: site.port })
  const tunnel = await startConnectProxy(null, line.port)
  const identity = await site.enrol('one')
  const link = site.link(identity, { transport: { ...DIRECT, proxy: tunnel.url }, beat: async () => FINE })
  await expect.poll(ready).toHaveLength(1)
  await line.set({ name: 'black_hole' })
  await expect.poll(() => link.isUp(), { timeout: 30_000, interval: 200 }).toBe(false)
  await line.set({ name: 'pass' })
  await expect.poll(() => link.isUp(), { timeout: 30_000, interval: 200 }).toBe(true)
  expect(ready()).toHaveLength(1)
  await link.close()
  await tunnel.stop()
  await line.stop()
})
