// The real web server on a free port of loopback, and clients that attack it: a typed one for the API, a browser
// without script, and bare sockets.
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import { createPasskey } from '../src/methods/passkey.ts'
import type { ResetAnswer } from '../src/web/api/schemas.ts'
import { readAssets } from '../src/web/assets.ts'
import type { Portal } from '../src/web/portal.ts'
import { createServer } from '../src/web/server.ts'
import { freePortPair, tempFolder } from './child.ts'
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
  const passkey = createPasskey({ origin, rpId: 'localhost' })
  const portal: Portal = {
    // Browsers give passkeys to the very origin that asks.
    world: { ...world, methods: { ...world.methods, passkey } },
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
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const ask = (path: string, asked: Asked = {}): Promise<Answer> => askHttp(port, agent, path, asked)
  const solve = (source?: string): Promise<string> => solveBotCheck(ask, source)
  return {
    origin,
    port,
    portal,
    ask,
    solve,
    start: async (login, more = {}, source) =>
      heldReset(
        ask,
        await ask('/api/v1/resets', {
          method: 'POST',
          body: { login, bot_check: await solve(source), ...more },
          ...(source === undefined ? {} : { source }),
        }),
        source,
      ),
    browser: source => newBrowser(ask, source),
    raw: (bytes, ms) => rawHttp(port, bytes, ms),
    async stop() {
      agent.destroy()
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

type Ask = (path: string, asked?: Asked) => Promise<Answer>

async function askHttp(port: number, agent: Agent, path: string, asked: Asked): Promise<Answer> {
  const { method = 'GET', body, source, headers = {} } = asked
  const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent,
    headers: {
      host: `localhost:${port}`,
      ...(sent === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)) }),
      ...(source === undefined ? {} : { 'x-forwarded-for': source }),
      ...headers,
    },
  })
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject).on('response', async incoming => {
      const received = await text(incoming)
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        rawHeaders: incoming.rawHeaders,
        text: received,
        told: parsed(received),
      })
    })
    outgoing.end(sent ?? undefined)
  })
}

function parsed(received: string): Told {
  try {
    return JSON.parse(received)
  } catch {
    return {}
  }
}

async function solveBotCheck(ask: Ask, source?: string): Promise<string> {
  const got = await ask('/api/v1/bot-check', source === undefined ? {} : { source })
  const { kind: _kind, expires_at: _at, expires_in: _in, ...challenge } = JSON.parse(got.text)
  const solution = await solveChallenge({ challenge: challenge as Challenge, deriveKey }) // as: altcha-lib made it
  return btoa(JSON.stringify({ challenge, solution }))
}

function heldReset(ask: Ask, started: Answer, source?: string): HeldReset {
  const { id = 'none', token = 'none' } = started.told
  let told = started.told
  const call = async (method: string, path = '', body?: unknown): Promise<Answer> => {
    const got = await ask(`/api/v1/resets/${id}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
      ...(source === undefined ? {} : { source }),
    })
    if (got.told.state !== undefined) told = got.told
    return got
  }
  return {
    started,
    told: () => told,
    id: () => id,
    token: () => token,
    choose: name =>
      call('POST', '/challenges', { method: told.methods?.find(each => each.name === name)?.id ?? name }),
    answer: code => call('POST', '/answers', { code }),
    assert: passkey => call('POST', '/answers', { passkey }),
    answers: answers => call('POST', '/answers', { answers }),
    password: password => call('POST', '/password', password === undefined ? {} : { password }),
    get: waitSeconds => call('GET', waitSeconds === undefined ? '' : `?wait_seconds=${waitSeconds}`),
    cancel: () => call('DELETE'),
    extend: () => call('POST', '/extensions', {}),
  }
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

function newBrowser(ask: Ask, source?: string): Browser {
  const cookies = new Map<string, string>()
  let page = ''
  const field = (name: string): string => {
    const input = page.match(/<(?:input|button)[^>]*>/g)?.find(tag => tag.includes(` name="${name}"`)) ?? ''
    return / value="([^"]*)"/.exec(input)?.[1] ?? ''
  }
  const send = async (path: string, asked: Asked): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const got = await ask(path, {
      ...asked,
      headers: { accept: 'text/html', ...(cookie ? { cookie } : {}), ...asked.headers },
      ...(source === undefined ? {} : { source }),
    })
    for (const line of got.headers['set-cookie'] ?? []) keepCookie(cookies, line)
    if (got.text.includes('<html')) page = got.text
    return got
  }
  return {
    cookies,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, fields = {}, headers = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams({ form_token: field('form_token'), ...fields }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
    field,
    page: () => page,
  }
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  const value = pair.slice(at + 1)
  if (value === '') cookies.delete(pair.slice(0, at))
  else cookies.set(pair.slice(0, at), value)
}

/** A page or body without what is random in each: only its length stays. For comparing what two people get. */
export const withoutChance = (text: string): string =>
  text
    .replace(/[\w.-]{20,}/g, random => `~${random.length}~`)
    .replace(/\b[A-Z0-9]{2}-[A-Z0-9]{3}\b/g, '~reference~')
