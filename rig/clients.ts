// Clients of the web server that attack it or keep it busy: a typed one for the API, a browser without script.
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Answer, Asked, Browser, HeldReset, RunningPortal, Told } from './portal.ts'

/** Clients of a server that answers already on this port of loopback, until they leave. */
export function clientsAt(
  port: number,
): Pick<RunningPortal, 'ask' | 'solve' | 'start' | 'browser'> & { leave(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const ask = (path: string, asked: Asked = {}): Promise<Answer> => askHttp(port, agent, path, asked)
  const solve = (source?: string): Promise<string> => solveBotCheck(ask, source)
  return {
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
    leave: () => agent.destroy(),
  }
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
