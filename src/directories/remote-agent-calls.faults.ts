// Calls between a server and its agents that are lost, repeated, late, out of order, on a frozen agent, on a full disk, by
// a wrong clock, under keys that roll: real processes, a real OpenLDAP, resets over HTTP.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../../rig/agent.ts'
import { type AgentSideDirectory, agentSideOpenLdap } from '../../rig/agent-directories.ts'
import { type FaultSite, faultSite, OLD, PEOPLE } from '../../rig/agent-faults.ts'
import type { Child } from '../../rig/child.ts'
import { rollOwnKeys } from '../actions/agent-rounds.ts'
import { askAgentToRoll } from '../actions/agents.ts'
import { hours, pause, seconds, systemClock } from '../lib/clock.ts'
import { RelayError } from '../relay.ts'

/** How long an agent is frozen here (decisions 7.11). */
const FREEZE_MS = seconds(6)

const people = [...PEOPLE]
let directory: AgentSideDirectory
let site: FaultSite

beforeAll(async () => {
  directory = await agentSideOpenLdap(PEOPLE, OLD)
})
afterAll(() => directory.stop())
beforeEach(async () => {
  site = await faultSite(directory, people)
})
afterEach(() => site.stop())

async function host(name: string) {
  const made = await site.host(name)
  site.hosts.push(made)
  return made
}

const lost = (): never => {
  throw new RelayError('the connection was lost', true)
}

test('an answer that is lost on the way is settled by reading', async () => {
  await (await host('dc1')).start()
  await site.ready()
  const person = await site.atPassword()
  site.onWrite(async send => {
    await send()
    return lost()
  })
  expect((await site.give(person)).told.state).toBe('uncertain')
  site.onAsk = null
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a job that is delivered twice at once, and again later, is done once and answered alike', async () => {
  const dc1 = await host('dc1')
  await dc1.start()
  await site.ready()
  const person = await site.atPassword()
  const answers: Uint8Array[] = []
  site.onWrite(async send => {
    answers.push(...(await Promise.all([send(), send()])), await send())
    const [first] = answers
    return first ?? lost()
  })
  expect((await site.give(person)).told.state).toBe('done')
  expect(answers.length).toBe(3)
  expect(dc1.audit().filter(({ event }) => event === 'writing').length).toBe(1)
  site.onAsk = null
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('a job that comes when its time is over is refused, and the reset goes on', async () => {
  let late = 0
  const dc1 = await host('dc1')
  await dc1.open({ now: () => systemClock.now() + late })
  await site.ready()
  const person = await site.atPassword()
  site.onWrite(async send => {
    late = seconds(31)
    return await send()
  })
  expect((await site.give(person)).told.state).toBe('uncertain')
  late = 0
  expect(await directory.binds(person.login, OLD)).toBe(true)
  expect(dc1.audit().map(({ event, reason }) => [event, reason])).toContainEqual(['refused', 'expired'])
  site.onAsk = null
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('jobs of two people that overtake each other are each done once', async () => {
  await (await host('dc1')).start()
  await site.ready()
  const [one, two] = [await site.atPassword(), await site.atPassword()]
  let release = (): void => undefined
  const second = new Promise<void>(resolve => {
    release = resolve
  })
  let count = 0
  site.onWrite(async send => {
    count += 1
    if (count === 1) await second
    const answer = await send()
    release()
    return answer
  })
  const answers = await Promise.all([site.give(one), site.give(two)])
  expect(answers.map(({ told }) => told.state)).toEqual(['done', 'done'])
  site.onAsk = null
  await site.doneInTheEnd(one)
  await site.doneInTheEnd(two)
  await site.nextWorks()
})

test('of two agents one freezes: its job ends when it thaws, and the other takes everybody else', async () => {
  const children = new Map<string, Child>()
  for (const name of ['dc1', 'dc2']) children.set(name, await (await host(name)).start())
  await site.ready(2)
  const person = await site.atPassword()
  let thawed: Promise<void> | null = null
  site.onWrite((send, agent) => {
    const child = thawed === null ? children.get(agent) : undefined
    child?.signal('SIGSTOP')
    thawed ??= pause(FREEZE_MS).then(() => child?.signal('SIGCONT'))
    return send()
  })
  const giving = site.give(person)
  await until('the freeze', async () => thawed !== null)
  await site.nextWorks()
  const { state } = (await giving).told
  expect(['done', 'uncertain']).toContain(state)
  await thawed
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('an agent whose disk is full writes nothing, says so, and goes on when there is room', async () => {
  const dc1 = await host('dc1')
  const child = await dc1.start()
  await site.ready()
  const person = await site.atPassword()
  const sizes = readdirSync(dc1.config.state).map(name => statSync(join(dc1.config.state, name)).size)
  // No file of this process grows any more (setrlimit(2), RLIMIT_FSIZE): every write ends as on a full disk.
  const limit = (bytes: string): unknown =>
    execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}`])
  limit(`${Math.min(...sizes)}:unlimited`)
  const answer = await site.give(person)
  expect([answer.status, await directory.binds(person.login, OLD)]).toEqual([503, true])
  await until(
    'a heartbeat that says so',
    async () => !(await site.directory.check(AbortSignal.timeout(500))).writable,
    30_000,
  )
  expect((await site.portal.start(person.login)).started.status).toBe(503)
  limit('unlimited:unlimited')
  await site.ready()
  await site.doneInTheEnd(person)
  await site.nextWorks()
})

test('an agent whose clock is an hour off gets no call: everybody is told "not now", until the clock is right', async () => {
  const dc1 = await host('dc1')
  await (await dc1.open()).stop()
  const wrong = await dc1.open({ now: () => systemClock.now() + hours(1) })
  await until('the agent', async () => site.relay.ready('people').length === 1)
  const starts = await Promise.all(['p01', 'nobody-at-all'].map(login => site.portal.start(login)))
  expect(starts.map(({ started }) => started.status)).toEqual([503, 503])
  await wrong.stop()
  await dc1.open()
  await site.ready()
  await site.nextWorks()
})

test('keys of both sides roll under load, and no reset is lost', async () => {
  const dc1 = await host('dc1')
  await dc1.start()
  await site.ready()
  const before = site.book.agents()[0]
  const busy = (async () => {
    for (let count = 0; count < 8; count += 1) {
      const person = await site.atPassword()
      expect((await site.give(person)).told.state).toBe('done')
      await site.doneInTheEnd(person)
    }
  })()
  await pause(200)
  await askAgentToRoll(site.world, 'dc1')
  await site.world.store.transact(tx => rollOwnKeys({ clock: systemClock }, tx, 'operator'))
  const now = () => site.book.agents()[0]
  await until('new keys on both sides', async () => {
    const agent = now()
    return agent?.pinned !== before?.pinned && agent?.keys.at(-1)?.id !== before?.keys.at(-1)?.id
  })
  await busy
  await site.nextWorks()
})
