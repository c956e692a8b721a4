// A server with its portal, and agents as an operator runs them: a file, a state folder, a process of their own (or the
// same wiring in this process), beside a real directory.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startAgentRounds } from '../src/actions/agent-rounds.ts'
import { confirmAgent, inviteAgent } from '../src/actions/agents.ts'
import { enrollHere } from '../src/agent/enroll.ts'
import { createIdentity, openIdentity } from '../src/agent/identity.ts'
import { type AgentConfig, readAgentConfig } from '../src/cmd/agent-config.ts'
import { openAgent, type RunningAgent } from '../src/cmd/agent-run.ts'
import { type Agents, agentDirectory, openAgents, openDesk } from '../src/cmd/wire-agents.ts'
import { GUARD_LIMITS, guarded } from '../src/directories/guarded.ts'
import type { Directory } from '../src/directory.ts'
import { type Clock, systemClock } from '../src/lib/clock.ts'
import { fingerprintOf, ownKeys } from '../src/lib/key-pair.ts'
import type { Log } from '../src/lib/log.ts'
import { systemRandom } from '../src/lib/random.ts'
import type { LocalRelay } from '../src/relays/local.ts'
import { type Child, startChild, tempFolder } from './child.ts'
import type { FakeClock } from './clock.ts'
import { type HeldReset, type RunningPortal, startPortal } from './portal.ts'
import { enrol, mailedCode, privateMailOf } from './victims.ts'
import { type TestWorld, testWorld, type WorldOptions } from './world.ts'

/** As it stands in the file of an agent; `bind_password` becomes the file that `bind_password_file` names. */
export type DirectoryEntry = Readonly<Record<string, unknown>> & { readonly name: string }

export type AgentHost = {
  readonly name: string
  readonly folder: string
  readonly config: AgentConfig
  readonly configFile: string
  /** A process of its own; `program` in place of the source: a bundle. */
  start(env?: Readonly<Record<string, string>>, program?: string): Promise<Child>
  /** The same wiring in this process, with a clock of its own. */
  open(clock?: Clock): Promise<RunningAgent>
  /** Its own audit file. */
  audit(): readonly Readonly<Record<string, unknown>>[]
  log(): string
}

/** `agent` is its name, `message` the sealed call. */
export type OnAsk =
  | ((
      call: { readonly op: string; readonly agent: string; readonly message: Uint8Array },
      send: () => Promise<Uint8Array>,
    ) => Promise<Uint8Array>)
  | null

export type AgentWorld = Agents & {
  readonly world: TestWorld
  readonly portal: RunningPortal
  readonly directory: Directory
  /** What happens to a call on its way to an agent; `send` hands it over, as often as it is called. */
  onAsk: OnAsk
  /** An agent that is enrolled and confirmed, not started. `change`: keys of its file. */
  host(name: string, change?: Readonly<Record<string, unknown>>): Promise<AgentHost>
  /** Resolves once as many agents are connected and heard, and the directory can be written. */
  ready(agents?: number): Promise<void>
  /** Enrols a mailbox, the one gate here, and passes it. */
  gatesPassed(login: string): Promise<HeldReset>
  stop(): Promise<void>
}

const SOURCE = fileURLToPath(new URL('../src/cmd/agent.ts', import.meta.url))

export async function startAgentWorld(
  entry: DirectoryEntry,
  options: WorldOptions = {},
): Promise<AgentWorld> {
  const folder = tempFolder('agents')
  const directories: Directory[] = []
  const settings = { gates: 1, methods: ['email'], ...options.settings } as const
  const world = await testWorld(directories, { clock: movingClock(), ...options, settings })
  const opened = openAgents(world)
  const state: { onAsk: OnAsk } = { onAsk: null }
  const agents = { ...opened, relay: withFaults(opened, state) }
  const domains = Array.isArray(entry['domains']) ? entry['domains'] : []
  // A test moves the clock of resets; agents in other processes keep the real one, and so does what speaks to them.
  const real = { ...world, clock: systemClock }
  const remote = agentDirectory({ name: entry.name, kind: 'agent', domains }, agents, real)
  const directory = guarded(remote, systemClock, { ...GUARD_LIMITS, restMs: 1_000, healthMs: 500 })
  directories.push(directory)
  const desk = openDesk(real, agents)
  const portal = await startPortal(world, { agentDesk: desk })
  const rounds = startAgentRounds(real, agents.book, desk)
  const enrolled = new Set<string>()
  const running: (() => Promise<void>)[] = []
  return {
    ...{ ...agents, world, portal, directory },
    set onAsk(happens: OnAsk) {
      state.onAsk = happens
    },
    get onAsk() {
      return state.onAsk
    },
    host: (name, change = {}) =>
      makeHost({ world, agents, origin: portal.origin, running }, join(folder.path, name), name, {
        directory: entry,
        ...change,
      }),
    ready: async (count = 1) =>
      until(`${count} agents`, async () => {
        const beats = agents.relay.ready(entry.name).filter(id => agents.book.agent(id)?.heartbeat)
        const { writable } = await remote.check(AbortSignal.timeout(1_000))
        return beats.length >= count && writable
      }),
    async gatesPassed(login) {
      if (!enrolled.has(login)) await enrol(world, login, ['email'])
      enrolled.add(login)
      const reset = await portal.start(login)
      await reset.choose('email')
      await reset.answer(await mailedCode(world, privateMailOf(login)))
      if (reset.told().state !== 'password')
        throw new Error(`the gates are not open: ${reset.started.text} ${JSON.stringify(reset.told())}`)
      return reset
    },
    async stop() {
      await Promise.allSettled(running.map(stop => stop()))
      await portal.stop()
      await rounds.stop()
      await agents.relay.close()
      await world.store.close()
      folder.remove()
    },
  }
}

/** Of a call everybody may read what it is about, and nothing more. */
const opOf = (message: Uint8Array): string =>
  JSON.parse(JSON.parse(Buffer.from(message).toString('utf8')).header).op

function withFaults({ relay, book }: Agents, state: { readonly onAsk: OnAsk }): LocalRelay {
  return {
    ...relay,
    ask(agent, message, signal) {
      const { onAsk } = state
      if (!onAsk) return relay.ask(agent, message, signal)
      const call = { op: opOf(message), agent: book.agent(agent)?.name ?? '', message }
      return onAsk(call, () => relay.ask(agent, message, AbortSignal.timeout(40_000)))
    },
  }
}

type Parts = {
  readonly world: TestWorld
  readonly agents: Agents
  readonly origin: string
  readonly running: (() => Promise<void>)[]
}

async function makeHost(
  { world, agents, origin, running }: Parts,
  folder: string,
  name: string,
  change: Readonly<Record<string, unknown>> & { readonly directory: DirectoryEntry },
): Promise<AgentHost> {
  const configFile = writeConfig(folder, { server: origin, name, state: 'state', ...change })
  const read = readAgentConfig(configFile)
  if (!read.ok) throw new Error(read.mistakes.join('\n'))
  const { config } = read
  const { code } = await inviteAgent(world, { directory: change.directory.name, name })
  const identity = await enrollHere({ ...config, server: origin, code, clock: world.clock })
  createIdentity(config.state, identity)
  const [own = { sign: '', seal: '' }] = identity.own
  await confirmAgent(world, name, fingerprintOf(ownKeys(own).public))
  await agents.book.refresh()
  let lines = ''
  const keep = (event: string, fields = {}): void => {
    lines += `${event} ${JSON.stringify(fields)}\n`
  }
  const log: Log = { info: keep, warn: keep, error: keep }
  const children: Child[] = []
  return {
    ...{ name, folder, config, configFile },
    async start(env = {}, program = SOURCE) {
      const child = startChild(process.execPath, [program, '--config', configFile], { env })
      children.push(child)
      running.push(() => child.stop())
      await child.wrote(/the server is connected/)
      return child
    },
    async open(clock = systemClock) {
      const agent = await openAgent(config, openIdentity(config.state), { clock, random: systemRandom, log })
      running.push(() => agent.stop())
      return agent
    },
    audit: () =>
      readFileSync(join(config.state, 'audit.jsonl'), 'utf8')
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line)),
    log: () => lines + children.map(child => child.log()).join(''),
  }
}

function writeConfig(folder: string, config: Readonly<Record<string, unknown>>): string {
  mkdirSync(folder, { recursive: true })
  // as: callers hand in a directory entry.
  const { bind_password: secret, ...directory } = config['directory'] as DirectoryEntry
  writeFileSync(join(folder, String(directory['bind_password_file'])), String(secret), { mode: 0o600 })
  const file = join(folder, 'agent.yaml')
  // Every JSON document is a YAML document.
  writeFileSync(file, JSON.stringify({ ...config, directory }), { mode: 0o600 })
  return file
}

/** Real time, moved on by a test. */
function movingClock(): FakeClock {
  let offset = 0
  return {
    now: () => Date.now() + offset,
    set: at => {
      offset = at - Date.now()
    },
    advance: ms => {
      offset += ms
    },
  }
}

/** Processes tell nobody when they are ready, so they are asked again and again. */
export async function until(what: string, is: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await is())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for ${what}`)
    await pause(20)
  }
}
