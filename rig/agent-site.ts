// A server with its agents' door open on loopback, and agents that come in by the product's own link.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { AgentBook } from '../src/actions/agent-book.ts'
import type { AgentDesk } from '../src/actions/agent-desk.ts'
import { startAgentRounds } from '../src/actions/agent-rounds.ts'
import { confirmAgent, inviteAgent } from '../src/actions/agents.ts'
import { enrollHere } from '../src/agent/enroll.ts'
import { createIdentity, type IdentityFile } from '../src/agent/identity.ts'
import { type Link, openLink } from '../src/agent/link.ts'
import type { Transport } from '../src/agent/transport.ts'
import type { Beat } from '../src/agent-note.ts'
import { openAgents, openDesk } from '../src/cmd/wire-agents.ts'
import type { Directory } from '../src/directory.ts'
import { fingerprintOf, ownKeys } from '../src/lib/key-pair.ts'
import type { Log } from '../src/lib/log.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import type { LocalRelay } from '../src/relays/local.ts'
import type { Portal } from '../src/web/portal.ts'
import { createServer } from '../src/web/server.ts'
import { freePortPair, tempFolder } from './child.ts'
import { makePki, type Pki } from './pki.ts'
import { type TestWorld, testWorld, type WorldOptions } from './world.ts'

export const DIRECT: Transport = { proxy: null, ca: null, spkiPin: null }

export const FINE: Beat = {
  version: '1.0.0',
  reachable: true,
  writable: true,
  can: { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: true },
  findings: [],
  paused: false,
}

export type AgentSite = {
  readonly book: AgentBook
  readonly relay: LocalRelay
  readonly world: TestWorld
  readonly desk: AgentDesk
  readonly origin: string
  readonly port: number
  /** What a client trusts the server by. */
  readonly transport: Transport
  readonly pki: Pki | null
  /** What agents wrote to their log. */
  readonly log: string[]
  /** Enrols an agent of the directory `people`; confirmed unless said otherwise. */
  enrol(name: string, confirmed?: boolean): Promise<IdentityFile>
  link(identity: IdentityFile, more?: LinkMore): Link
  /** As the rounds of `serve` do every 2 s. */
  look(): Promise<void>
  /** The web server alone. */
  close(): Promise<void>
  stop(): Promise<void>
}

type LinkMore = {
  readonly answer?: (call: Uint8Array) => Promise<Uint8Array | null>
  readonly beat?: () => Promise<Beat>
  readonly server?: string
  readonly transport?: Transport
}

export type SiteOptions = WorldOptions & {
  readonly tls?: boolean
  readonly trustedProxies?: readonly string[]
  /** The rounds of `serve`, too. */
  readonly rounds?: boolean
}

export async function openAgentSite(options: SiteOptions = {}): Promise<AgentSite> {
  const folder = tempFolder('agents')
  // as: only the name is asked for here.
  const world = await testWorld([{ name: 'people', close: async () => undefined } as Directory], options)
  const agents = openAgents(world)
  const { book, relay } = agents
  const desk = openDesk(world, agents)
  const port = await freePortPair()
  const pki = options.tls ? makePki(join(folder.path, 'pki'), '127.0.0.1', ['localhost']) : null
  const app = await open(world, desk, { port, pki, trustedProxies: options.trustedProxies ?? [] })
  const origin = `${pki ? 'https' : 'http'}://localhost:${port}`
  const transport = { ...DIRECT, ca: pki && readFileSync(pki.ca, 'utf8') }
  const rounds = options.rounds ? startAgentRounds(world, book, desk) : null
  const log: string[] = []
  const links: Link[] = []
  const look = async (): Promise<void> => {
    await book.refresh()
    desk.refresh()
  }
  return {
    ...{ world, book, relay, desk, origin, port, transport, pki, log, look },
    async enrol(name, confirmed = true) {
      const { code } = await inviteAgent(world, { directory: 'people', name })
      const identity = await enrollHere({ server: origin, name, code, transport, clock: world.clock })
      if (confirmed) await confirmAgent(world, name, fingerprintOf(ownKeys(identity.own[0] ?? NONE).public))
      await look()
      return createIdentity(join(folder.path, name), identity)
    },
    link(identity, more = {}) {
      const link = openLink({
        ...{ server: origin, transport, identity, clock: world.clock, random: systemRandom, log: logTo(log) },
        ...{ answer: async (call: Uint8Array) => call, beat: async () => FINE, ...more },
      })
      links.push(link)
      return link
    },
    look,
    close: async () => void (await app.close()),
    async stop() {
      await Promise.all(links.map(link => link.close()))
      await app.close()
      await rounds?.stop()
      await relay.close()
      await world.store.close()
      folder.remove()
    },
  }
}

const NONE = { sign: '', seal: '' }

const logTo = (lines: string[]): Log => {
  const keep = (event: string, fields = {}): void => void lines.push(`${event} ${JSON.stringify(fields)}`)
  return { info: keep, warn: keep, error: keep }
}

type Listening = {
  readonly port: number
  readonly pki: Pki | null
  readonly trustedProxies: readonly string[]
}

async function open(world: TestWorld, agentDesk: AgentDesk, listening: Listening): Promise<FastifyInstance> {
  const { port, pki, trustedProxies } = listening
  const portal: Portal = {
    ...{ world, agentDesk, trustedProxies },
    publicUrl: `${pki ? 'https' : 'http'}://localhost:${port}`,
    hosts: [`localhost:${port}`],
    texts: createTexts<Messages>(readCatalogues(new URL('../locales', import.meta.url).pathname)),
    // as: nothing here asks for a page.
    assets: {} as Portal['assets'],
    assetsFolder: new URL('../locales', import.meta.url).pathname,
    securityContact: 'mailto:security@example.test',
  }
  const tls = pki && { cert: readFileSync(pki.cert, 'utf8'), key: readFileSync(pki.key, 'utf8') }
  const app = await createServer(portal, tls)
  await app.listen({ host: '127.0.0.1', port })
  return app
}
