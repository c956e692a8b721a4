// Passwords set through agents, each a process of its own as it is delivered, beside passwords set directly: by the same
// program, in the same directory, on the same cores.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type AgentHost, type AgentWorld, type DirectoryEntry, startAgentWorld } from '../rig/agent.ts'
import type { Child } from '../rig/child.ts'
import { startConnectProxy } from '../rig/connect-proxy.ts'
import { startSamba } from '../rig/samba.ts'
import { openldapEntry, sambaEntry } from '../rig/serve.ts'
import { startSlapd } from '../rig/slapd.ts'
import type { AccountRef } from '../src/account.ts'
import { createLdapDirectory } from '../src/directories/ldap.ts'
import type { Directory } from '../src/directory.ts'
import { systemClock } from '../src/lib/clock.ts'
import { line, ms, percentile } from './load.ts'
import { findAll, PASSWORD } from './prepare.ts'

const PROGRAM = join(import.meta.dirname, '../dist/agent.js')
/** As deploy/postern-agent.service starts it. */
const AS_UNIT = { NODE_OPTIONS: '--max-semi-space-size=1' }
/** The highest that an agent's policy takes. */
const POLICY = { policy: { resets_per_minute: 10_000 } }
/** Nobody comes a second time within the second that a mark needs (decisions 4.9). */
const PEOPLE = 4_000
const CLIENTS = 16

export async function benchAgents(isQuick: boolean): Promise<void> {
  await besideSlapd(isQuick ? 1 : 3)
  await besideSamba(isQuick ? 2 : 4)
}

/** One password is set; throws where it is not. */
type Write = () => Promise<void>
/** The same people, in turn, whoever writes. */
type Writing = { through(directory: Directory): Write }

async function besideSlapd(seconds: number): Promise<void> {
  const logins = Array.from({ length: PEOPLE }, (_, index) => `u${index}`)
  const passwordChangedAt = new Date('2020-01-01T00:00:00Z')
  const users = logins.map(uid => ({ uid, password: PASSWORD, passwordChangedAt }))
  const slapd = await startSlapd({ users, durable: true })
  const world = await startAgentWorld({ ...openldapEntry(slapd), name: 'people' })
  try {
    const first = await world.host('dc1', POLICY)
    const agent = await first.start(AS_UNIT, PROGRAM)
    await world.ready()
    const direct = createLdapDirectory(first.config.directory, systemClock)
    const people = await everybody(direct, logins)
    line(`memory of an agent, idle           ${megabytes(agent).padStart(5)} MB`)
    await addedLatency(people.through(direct), people.through(world.directory), seconds * 150)
    // A program that has just started is slower, and spends more.
    await rate(people.through(world.directory), CLIENTS, seconds / 2)
    await rate(people.through(direct), CLIENTS, seconds / 4)
    const own = await rate(people.through(direct), CLIENTS, seconds)
    line(`set password directly              ${perSecond(own)} /s   (slapd, ${CLIENTS} clients)`)
    await throughOne(agent, people.through(world.directory), { own, seconds })
    const second = await (await world.host('dc2', POLICY)).start(AS_UNIT, PROGRAM)
    await world.ready(2)
    await rate(people.through(world.directory), CLIENTS, seconds / 2)
    const both = await rate(people.through(world.directory), CLIENTS, seconds)
    line(`set password through two agents    ${perSecond(both)} /s   ${share(both, own)} of the direct rate`)
    await Promise.all([agent.stop(), second.stop()])
    await direct.close()
    await onTheWire(world, people)
  } finally {
    await world.stop()
    await slapd.stop()
  }
}

async function everybody(directory: Directory, logins: readonly string[]): Promise<Writing> {
  const refs: AccountRef[] = (await findAll(directory, logins)).flatMap(account => account?.ref ?? [])
  let count = 0
  return {
    through: target => async () => {
      count += 1
      const ref = refs[count % refs.length]
      if (!ref) throw new Error('nobody was found')
      const write = { password: `A quite new Passphrase ${count}`, unlock: false, key: `bench ${count}` }
      const answer = await target.setPassword(ref, write, AbortSignal.timeout(30_000))
      if (!answer.ok) throw new Error(`a password was not taken: ${JSON.stringify(answer)}`)
    },
  }
}

/** By turns, so that whatever else the machine does befalls both. */
async function addedLatency(direct: Write, through: Write, pairs: number): Promise<void> {
  const times: Record<'direct' | 'through', number[]> = { direct: [], through: [] }
  const timed = async (name: keyof typeof times, write: Write): Promise<void> => {
    const from = performance.now()
    await write()
    times[name].push(performance.now() - from)
  }
  // The first calls open connections and warm both programs.
  for (let warm = 0; warm < 50; warm += 1) await direct().then(through)
  for (let pair = 0; pair < pairs; pair += 1) {
    await timed('direct', direct)
    await timed('through', through)
  }
  for (const [name, part] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const [without, withAgent] = [percentile(times.direct, part), percentile(times.through, part)]
    line(
      `agent adds, 1 client, ${name}         ${ms(withAgent - without)} ms   (${ms(without).trim()} ms directly, ${ms(withAgent).trim()} ms through it, ${pairs} each)`,
    )
  }
}

/** Writes a second. */
async function rate(write: Write, clients: number, seconds: number): Promise<number> {
  const from = performance.now()
  let done = 0
  const client = async (): Promise<void> => {
    while (performance.now() - from < seconds * 1_000) {
      await write()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return done / ((performance.now() - from) / 1_000)
}

async function throughOne(
  agent: Child,
  write: Write,
  { own, seconds }: { readonly own: number; readonly seconds: number },
): Promise<void> {
  let writes = 0
  const counted: Write = async () => {
    await write()
    writes += 1
  }
  const before = cpuMsOf(agent)
  const through = await rate(counted, CLIENTS, seconds)
  const each = (cpuMsOf(agent) - before) / writes
  line(
    `set password through one agent     ${perSecond(through)} /s   ${share(through, own)} of the direct rate`,
  )
  line(`  the agent's CPU                ${ms(each)} ms each   memory ${megabytes(agent)} MB`)
}

/** User and system time as the system counts it, in ticks: fields 14 and 15 of stat (proc(5)). */
function cpuMsOf({ pid }: Child): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

function megabytes({ pid }: Child): string {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(resident) / 1024).toFixed(0)
}

const TICK_MS = 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** What a wire carries without TLS, heartbeats and WebSocket frames and all, both ways together. */
async function onTheWire(world: AgentWorld, people: Writing): Promise<void> {
  const proxy = await startConnectProxy()
  const agent = await (await world.host('dc3', { ...POLICY, proxy: proxy.url })).start(AS_UNIT, PROGRAM)
  await world.ready()
  const bytesOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = proxy.carried()
    await work()
    // What was written last is still on its way through the proxy.
    await pause(100)
    return proxy.carried() - before
  }
  const write = people.through(world.directory)
  const alone = await bytesOf(write)
  const whole = await bytesOf(async () => {
    const reset = await world.gatesPassed('u1')
    const { told } = await reset.password('A quite new Passphrase of u1')
    if (told.state !== 'done') throw new Error(`the reset is not done: ${told.state}`)
  })
  line(`bytes of one password through it    ${alone.toFixed(0).padStart(5)}    of a whole reset ${whole}`)
  await agent.stop()
  await proxy.stop()
}

/** More would only wait: one process of Samba answers all of them in turn. */
const SAMBA_CLIENTS = 4

async function besideSamba(seconds: number): Promise<void> {
  const samba = await startSamba()
  const logins = Array.from({ length: 40 }, (_, index) => `b${index}`)
  for (const login of logins) await samba.addUser({ login, password: 'Before the bench 1' })
  const entry: DirectoryEntry = { ...sambaEntry(samba), name: 'people' }
  const world = await startAgentWorld(entry)
  try {
    const host: AgentHost = await world.host('dc1', POLICY)
    await host.start(AS_UNIT, PROGRAM)
    await world.ready()
    const direct = createLdapDirectory(host.config.directory, systemClock)
    const people = await everybody(direct, logins)
    const [straight, through] = [people.through(direct), people.through(world.directory)]
    const rates = { own: 0, through: 0 }
    // In two halves each, since the load of the machine moves meanwhile.
    for (let half = 0; half < 2; half += 1) {
      rates.own += (await rate(straight, SAMBA_CLIENTS, seconds / 2)) / 2
      rates.through += (await rate(through, SAMBA_CLIENTS, seconds / 2)) / 2
    }
    await direct.close()
    line(
      `Samba AD directly, through an agent ${rates.own.toFixed(1)} /s, ${rates.through.toFixed(1)} /s   ${share(rates.through, rates.own)}`,
    )
  } finally {
    await world.stop()
    await samba.stop()
  }
}

const perSecond = (value: number): string => value.toFixed(0).padStart(5)
const share = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(0)} %`
