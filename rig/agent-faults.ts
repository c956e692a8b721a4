// What must be so after every fault of an agent, its directory, or the way between: the person was told what the directory
// says, it was written once at most, both sides have it on record, and the next reset works by itself (INV-1, 2, 3, 9).
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { settleDue } from '../src/actions/settle.ts'
import { type AgentHost, type AgentWorld, startAgentWorld, until } from './agent.ts'
import type { AgentSideDirectory } from './agent-directories.ts'
import type { Answer, HeldReset } from './portal.ts'
import { records } from './victims.ts'

export const OLD = 'Quiet-harbour old 1'
export const PEOPLE = Array.from({ length: 40 }, (_, index) => `p${String(index + 1).padStart(2, '0')}`)

/** What a person may wait (INV-7), and what a busy machine adds. */
const WRITE_LIMIT_MS = 32_000
const MENDS_MS = 60_000

export type Person = { readonly reset: HeldReset; readonly login: string; readonly password: string }

type OnWrite = (send: () => Promise<Uint8Array>, agent: string) => Promise<Uint8Array>

export type FaultSite = AgentWorld & {
  readonly hosts: AgentHost[]
  /** Does something the moment a write is handed to an agent. */
  onWrite(happens: OnWrite): void
  /** Somebody new, whose gates are passed. */
  atPassword(): Promise<Person>
  /** Gives the password; the answer comes in time and is the truth (INV-1). */
  give(person: Person): Promise<Answer>
  /** Nobody does anything but the person, who asks again, and housekeeping. */
  doneInTheEnd(person: Person): Promise<void>
  /** Somebody else resets, within a minute of now, by themselves. */
  nextWorks(): Promise<void>
}

export async function faultSite(directory: AgentSideDirectory, people: string[]): Promise<FaultSite> {
  const world = await startAgentWorld(directory.entry, { settings: { sourceBudget: 10_000 } })
  const hosts: AgentHost[] = []
  const site: FaultSite = Object.assign(world, {
    hosts,
    onWrite(happens: OnWrite) {
      site.onAsk = ({ op, agent }, send) => (op === 'setPassword' ? happens(send, agent) : send())
    },
    async atPassword(): Promise<Person> {
      const login = people.pop()
      if (login === undefined) throw new Error('there are more tests than people')
      return { reset: await world.gatesPassed(login), login, password: `A quite new Password of ${login}` }
    },
    async give({ reset, login, password }: Person): Promise<Answer> {
      const from = performance.now()
      const answer = await reset.password(password)
      expect(performance.now() - from).toBeLessThan(WRITE_LIMIT_MS)
      await expectTrue(directory, answer, { login, password })
      return answer
    },
    async doneInTheEnd(person: Person): Promise<void> {
      await mend(world, person)
      // First: a wrong password that is tried leaves a trace in the account, as somebody else's write would.
      await expectOnRecord(world, hosts, person)
      const { login, password } = person
      expect(await Promise.all([password, OLD].map(each => directory.binds(login, each)))).toEqual([
        true,
        false,
      ])
      expect(await directory.changes(login)).toBe(1)
    },
    async nextWorks(): Promise<void> {
      const from = performance.now()
      const person = await eventually(() => site.atPassword())
      await mend(world, person)
      expect(performance.now() - from).toBeLessThan(MENDS_MS)
      expect(await directory.binds(person.login, person.password)).toBe(true)
    },
  })
  return site
}

/** A start is "not now" while nobody answers: a person comes again. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + MENDS_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > end) throw error
      await pause(500)
    }
  }
}

type Tried = Pick<Person, 'login' | 'password'>

async function expectTrue(directory: AgentSideDirectory, answer: Answer, tried: Tried): Promise<void> {
  const { status, told } = answer
  if (told.state === 'done') expect(await directory.binds(tried.login, tried.password)).toBe(true)
  else if (status === 503) expect(await directory.binds(tried.login, OLD)).toBe(true)
  else expect([status, told.state]).toEqual([200, 'uncertain'])
}

async function mend({ world }: AgentWorld, { reset, password }: Person): Promise<void> {
  const end = performance.now() + MENDS_MS
  let { told } = await reset.get()
  while (told.state !== 'done' && performance.now() < end) {
    world.clock.advance(5_000)
    await settleDue(world)
    told = (await reset.get()).told
    if (told.state === 'password') told = (await reset.password(password)).told
    if (told.state !== 'done') await pause(200)
  }
  expect(told.state).toBe('done')
}

/** The intention and the end, in the server's record and in that of the agent that wrote. */
async function expectOnRecord(
  { world }: AgentWorld,
  hosts: readonly AgentHost[],
  { reset }: Person,
): Promise<void> {
  const names = (await records(world)).filter(each => each.reset === reset.id()).map(({ name }) => name)
  expect(names).toContain('reset.writing')
  expect(names.filter(name => ['reset.written', 'reset.settled'].includes(name))).not.toEqual([])
  const lines = () => hosts.flatMap(host => host.audit())
  const written = () => lines().filter(({ event, reason }) => event === 'written' || reason === 'changed')
  // After a lost answer an agent looks by itself, every two seconds.
  await until('the record of the agent', async () => written().length > 0, 30_000)
  const jobs = new Set(
    lines()
      .filter(({ event }) => event === 'writing')
      .map(({ job }) => job),
  )
  for (const { job } of written()) expect(jobs).toContain(job)
}
