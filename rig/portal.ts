// The real web server on a free port of loopback, with the clients of `clients.ts` and bare sockets.
import { mkdirSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import type { ResetAnswer } from '../src/web/api/schemas.ts'
import { readAssets } from '../src/web/assets.ts'
import type { Portal } from '../src/web/portal.ts'
import { createServer } from '../src/web/server.ts'
import { freePortPair, tempFolder } from './child.ts'
import { clientsAt } from './clients.ts'
import { rawHttp } from './raw-http.ts'
import type { TestWorld } from './world.ts'

const LOCALES = new URL('../locales', import.meta.url).pathname

/** An answer of the API: the Reset, a problem, or both. */
export type Told = Partial<ResetAnswer> & { readonly type?: string; readonly title?: string }

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly text: string
  /** Null where the body is no JSON. */
  readonly told: Told
}

export type Asked = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text goes as it is, anything else as JSON. */
  readonly body?: unknown
  /** Sent as X-Forwarded-For: the rig is a trusted proxy. */
  readonly source?: string
}

/** A started reset in the hands of a client. */
export type HeldReset = {
  readonly started: Answer
  /** The last answer that carried the Reset. */
  told(): Told
  id(): string
  token(): string
  choose(method: string): Promise<Answer>
  answer(code: unknown): Promise<Answer>
  /** A passkey in place of a code. */
  assert(passkey: unknown): Promise<Answer>
  answers(answers: unknown): Promise<Answer>
  password(password?: string): Promise<Answer>
  get(waitSeconds?: number): Promise<Answer>
  cancel(): Promise<Answer>
  extend(): Promise<Answer>
}

export type RunningPortal = {
  readonly origin: string
  readonly port: number
  readonly portal: Portal
  ask(path: string, asked?: Asked): Promise<Answer>
  /** Fetches and solves the bot check. */
  solve(source?: string): Promise<string>
  start(login: string, more?: Readonly<Record<string, unknown>>, source?: string): Promise<HeldReset>
  browser(source?: string): Browser
  /** Bytes as they are; what came back until the server closed or `ms` passed. */
  raw(bytes: string, ms?: number): Promise<{ readonly text: string; readonly closed: boolean }>
  stop(): Promise<void>
}

/** `change`: what of the portal a test wants otherwise. */
export async function startPortal(world: TestWorld, change: Partial<Portal> = {}): Promise<RunningPortal> {
  const port = await freePortPair()
  const origin = `http://localhost:${port}`
  const assets = stubAssets()
  // Browsers give passkeys to the very origin that asks.
  Object.assign(world.passkeySite, { origin, rpId: 'localhost' })
  const portal: Portal = {
    world,
    publicUrl: origin,
    hosts: [`localhost:${port}`],
    trustedProxies: ['127.0.0.1'],
    texts: createTexts<Messages>(readCatalogues(LOCALES)),
    assets: readAssets(assets.path),
    assetsFolder: assets.path,
    securityContact: 'mailto:security@example.test',
    ...change,
  }
  const app = await createServer(portal, null)
  await app.listen({ host: '127.0.0.1', port })
  const { leave, ...clients } = clientsAt(port)
  return {
    origin,
    port,
    portal,
    ...clients,
    raw: (bytes, ms) => rawHttp(port, bytes, ms),
    async stop() {
      leave()
      app.server.closeAllConnections()
      await app.close()
      assets.remove()
    },
  }
}

/** Empty files under the build's names: tests of answers need no build. */
function stubAssets() {
  const folder = tempFolder('assets')
  const scripts = [
    'portal.js',
    'bot-check.js',
    'bot-check-worker.js',
    'hosted-check.js',
    'password.js',
    'passkey.js',
  ]
  const names = ['portal.css', ...scripts, 'icon.svg']
  mkdirSync(folder.path, { recursive: true })
  for (const name of names) writeFileSync(join(folder.path, name), '')
  const manifest = Object.fromEntries(names.map(name => [name, name]))
  writeFileSync(join(folder.path, 'manifest.json'), JSON.stringify(manifest))
  return folder
}

/** Keeps cookies and the form token of the last page; follows no redirect by itself. */
export type Browser = {
  readonly cookies: Map<string, string>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Posts as a form of the last page would. `fields` may overwrite `form_token`. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  /** The value of a hidden or filled field of the last page. */
  field(name: string): string
  page(): string
}

/** A page or body without what is random in each: only its length stays. For comparing what two people get. */
export const withoutChance = (text: string): string =>
  text
    .replace(/[\w.-]{20,}/g, random => `~${random.length}~`)
    .replace(/\b[A-Z0-9]{2}-[A-Z0-9]{3}\b/g, '~reference~')
