import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type AgentSite, FINE, openAgentSite, type SiteOptions } from '../../rig/agent-site.ts'
import { rawAgent } from '../../rig/raw-agent.ts'
import { OWN_KEYS_ROLL_MS, rollOwnKeys, tidyAgentKeys } from '../actions/agent-rounds.ts'
import { askAgentToRoll, listAgents, revokeAgent } from '../actions/agents.ts'
import { KEYS_ROLL_MS } from '../agent/key-roll.ts'
import { SILENT_MS } from '../agent.ts'
import { offerHello } from '../agent-hello.ts'
import { minutes } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'

let site: AgentSite
const open = async (options: SiteOptions = {}): Promise<void> => {
  site = await openAgentSite(options)
}
afterEach(() => site.stop())

const ask = (agent: string, text: string, ms = 5_000): Promise<string> =>
  site.relay
    .ask(agent, Buffer.from(text), AbortSignal.timeout(ms))
    .then(answer => Buffer.from(answer).toString())
const ready = () => site.relay.ready('people')

it.each([false, true])('connects an enrolled agent, asks it and hears how it is (TLS: %s)', async tls => {
  await open({ tls })
  const identity = await site.enrol('one')
  const { agent } = identity.get()
  const link = site.link(identity)
  await expect.poll(ready).toEqual([agent])
  expect(link.isUp()).toBe(true)
  expect(await ask(agent, 'hello')).toBe('hello')
  const heartbeat = { ...FINE, at: site.world.clock.now(), clockOffsetMs: 0 }
  await expect.poll(() => site.book.agent(agent)?.heartbeat).toEqual(heartbeat)
  expect((await listAgents(site.world)).map(({ state }) => state)).toEqual(['running'])
  site.world.clock.advance(SILENT_MS + 1)
  expect((await listAgents(site.world)).map(({ state }) => state)).toEqual(['not_connected'])
})

it('tells by its word what an agent says of itself', async () => {
  await open()
  let beat = FINE
  const link = site.link(await site.enrol('one'), { beat: async () => beat })
  const state = async () => (await listAgents(site.world))[0]?.state
  await expect.poll(state).toBe('running')
  const changes = [
    [{ reachable: false }, 'directory_unreachable'],
    [{ writable: false }, 'needs_attention'],
    [{}, 'running'],
    [{ paused: true }, 'needs_attention'],
    [{ findings: [{ level: 'warning', text: 'may do too much' }] }, 'needs_attention'],
  ] as const
  for (const [change, word] of changes) {
    beat = { ...FINE, ...change }
    link.beatNow()
    await expect.poll(state).toBe(word)
  }
})

it('cuts a revoked agent off within seconds, under a call, and takes it in no more (AGT-12)', async () => {
  await open({ rounds: true })
  const identity = await site.enrol('one')
  const { agent } = identity.get()
  const link = site.link(identity, { answer: async () => null })
  await expect.poll(ready).toEqual([agent])
  const asked = expect(ask(agent, 'x', 20_000)).rejects.toMatchObject({ sent: true })
  const began = performance.now()
  await revokeAgent(site.world, 'one')
  await asked
  expect(performance.now() - began).toBeLessThan(4_000)
  expect(ready()).toEqual([])
  await expect.poll(() => site.log.join('\n')).toContain('this agent was revoked')
  await expect.poll(() => link.isUp()).toBe(false)
  const raw = rawAgent(site)
  await raw.opened()
  raw.send('hello', offerHello(identity.ends(), systemRandom))
  await raw.over
  expect(raw.frames).toEqual([])
  expect(site.book.endsOf(agent)).toBeNull()
})

it('tells a revoked agent by its next word, before anybody looks', async () => {
  await open()
  const link = site.link(await site.enrol('one'))
  await expect.poll(ready).toHaveLength(1)
  await revokeAgent(site.world, 'one')
  link.beatNow()
  await expect.poll(() => site.log.join('\n')).toContain('this agent was revoked')
  expect(ready()).toEqual([])
})

it('rolls the keys of the server under load without a lost call (AGT-13)', async () => {
  await open()
  const identity = await site.enrol('one')
  const { agent } = identity.get()
  site.link(identity)
  await expect.poll(ready).toEqual([agent])
  const before = identity.get().server
  const calls: Promise<unknown>[] = []
  const load = setInterval(() => calls.push(ask(agent, String(calls.length)).catch(each => each)), 5)
  await site.world.store.transact(tx => rollOwnKeys(site.world, tx, 'operator'))
  await site.look()
  const newest = site.book.newest()?.keys
  expect(newest?.id).not.toBe(before[0]?.id)
  await expect.poll(() => identity.get().server).toEqual([newest])
  await expect.poll(() => site.book.agent(agent)?.pinned).toBe(newest?.id)
  clearInterval(load)
  expect(await Promise.all(calls)).toEqual(calls.map((_, at) => String(at)))
  expect(await site.world.store.transact(tx => tidyAgentKeys(site.world, tx))).toBe(1)
  await site.look()
  expect(site.book.endsOf(agent)?.own.map(({ keys }) => keys)).toEqual([newest])
})

it('tells an agent that was away of new keys when it comes, and keeps the old ones for it', async () => {
  await open()
  const identity = await site.enrol('one')
  await site.world.store.transact(tx => rollOwnKeys(site.world, tx, 'operator'))
  await site.world.store.transact(tx => rollOwnKeys(site.world, tx, 'operator'))
  expect(await site.world.store.transact(tx => tidyAgentKeys(site.world, tx))).toBe(1)
  await site.look()
  const link = site.link(identity)
  await expect.poll(() => identity.get().server).toEqual([site.book.newest()?.keys])
  await link.close()
  const again = site.link(identity)
  await expect.poll(() => again.isUp()).toBe(true)
})

it('rolls the keys of an agent on demand, and after 150 days by itself', async () => {
  await open()
  const identity = await site.enrol('one')
  const { agent, own } = identity.get()
  const link = site.link(identity)
  await expect.poll(ready).toEqual([agent])
  await askAgentToRoll(site.world, 'one')
  await site.look()
  await expect.poll(() => identity.get().own).toHaveLength(2)
  expect(identity.get()).toMatchObject({ fresh: null, own: [own[0], {}] })
  const stored = () => site.book.agent(agent)
  expect(stored()?.keys).toHaveLength(2)
  expect(stored()?.rollAskedAt).toBeNull()
  expect(await ask(agent, 'x')).toBe('x')
  site.world.clock.advance(minutes(1))
  link.beatNow()
  await expect.poll(() => stored()?.heartbeat?.at).toBe(site.world.clock.now())
  expect(stored()?.keys).toHaveLength(2)
  site.world.clock.advance(minutes(1))
  link.beatNow()
  await expect.poll(() => stored()?.keys).toHaveLength(1)
  site.world.clock.advance(KEYS_ROLL_MS)
  link.beatNow()
  await expect.poll(() => stored()?.keys).toHaveLength(2)
  await link.close()
  const again = site.link(identity)
  await expect.poll(() => again.isUp()).toBe(true)
})

it('rolls the server’s keys by itself after 150 days', async () => {
  await open()
  await site.enrol('one')
  const tidy = () => site.world.store.transact(tx => tidyAgentKeys(site.world, tx))
  const count = async () => (await site.world.store.read(tx => tx.agentKeys.list())).length
  await tidy()
  expect(await count()).toBe(1)
  site.world.clock.advance(OWN_KEYS_ROLL_MS + 1)
  await tidy()
  expect(await count()).toBe(2)
  await tidy()
  expect(await count()).toBe(2)
})

it('lets an agent go that says so, and finishes what it was asked', async () => {
  await open()
  const held: (() => void)[] = []
  const identity = await site.enrol('one')
  const { agent } = identity.get()
  const link = site.link(identity, {
    answer: async call => {
      await new Promise<void>(resolve => {
        held.push(resolve)
      })
      return call
    },
  })
  await expect.poll(ready).toEqual([agent])
  const asked = ask(agent, 'last')
  await expect.poll(() => held.length).toBe(1)
  const closed = link.close()
  await expect.poll(ready).toEqual([])
  await expect(ask(agent, 'more')).rejects.toMatchObject({ sent: false })
  held[0]?.()
  expect(await asked).toBe('last')
  await closed
})

it('keeps its agents while it stops, until the last request under way has its answer', async () => {
  await open()
  const identity = await site.enrol('one')
  const link = site.link(identity)
  await expect.poll(ready).toHaveLength(1)
  const half = connect(site.port, '127.0.0.1')
  half.write(
    `POST /agent/v1/enrollments HTTP/1.1\r\nhost: localhost:${site.port}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`,
  )
  await pause(50)
  const closed = site.close()
  await pause(100)
  expect(await ask(identity.get().agent, 'still')).toBe('still')
  const began = performance.now()
  half.end('}')
  await closed
  expect(performance.now() - began).toBeLessThan(1_500)
  expect(ready()).toEqual([])
  await expect.poll(() => link.isUp()).toBe(false)
})
