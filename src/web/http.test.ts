// The border of HTTP (security.md WEB-01 to WEB-11, RL-07, EML-02): foreign sites, foreign hosts, forwarded headers, and what
// every answer must carry.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { delivered, enrol, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
  world = await testWorld([victims.directory])
  await enrol(world, 'alice')
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

const PAGES = ['/', '/reset', '/change', '/login-help', '/not-me', '/nowhere', '/.well-known/security.txt']
const CALLS = [
  '/api/v1/bot-check',
  '/api/v1/resets/x',
  '/api/v1/openapi.json',
  '/health/live',
  '/health/ready',
]

describe('every answer', () => {
  it.each([...PAGES, ...CALLS])('of %s carries the headers that keep a page to itself', async path => {
    for (const accept of ['text/html', '*/*']) {
      const { headers } = await portal.ask(path, { headers: { accept } })
      const policy = headers['content-security-policy'] ?? ''
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ])
        expect(String(policy)).toContain(rule)
      expect(String(policy)).not.toMatch(/unsafe|\*|https?:/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      for (const name of ['access-control-allow-origin', 'server', 'x-powered-by', 'etag', 'last-modified'])
        expect(headers).not.toHaveProperty(name)
    }
  })

  it('of an asset may be kept for ever, and of a page with a false ending is 404', async () => {
    const asset = await portal.ask('/assets/portal.css')
    expect(asset.headers['cache-control']).toContain('immutable')
    for (const path of [
      '/reset/x.css',
      '/change.js',
      '/reset;x.css',
      '/not-me/a/b.css',
      '/api/v1/resets.json',
    ])
      expect((await portal.ask(path)).status).toBe(404)
  })

  it('by https carries HSTS, and cookies of the host alone', async () => {
    const secure = await startPortal(world, {
      publicUrl: 'https://reset.example.test',
      hosts: ['reset.example.test'],
    })
    const headers = { host: 'reset.example.test', accept: 'text/html' }
    const answer = await secure.ask('/', { headers })
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    const browser = secure.browser()
    await browser.get('/', headers)
    const fields = { login: 'alice', bot_check: '' }
    await browser.post('/reset', fields, headers)
    const lines = [...(answer.headers['set-cookie'] ?? [])]
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(line).toMatch(/^__Host-postern-/)
      for (const flag of ['Path=/', 'HttpOnly', 'Secure']) expect(line).toContain(flag)
      expect(line).toMatch(/SameSite=(Strict|Lax)/)
      expect(line).not.toMatch(/Domain/i)
    }
    await secure.stop()
  })
})

describe('a foreign site', () => {
  const own = (): string => `http://localhost:${portal.port}`
  const start = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
    const browser = portal.browser()
    await browser.get('/')
    return browser.post('/reset', { login: 'nobody', bot_check: await portal.solve() }, headers)
  }

  it('cannot post a form, whatever it calls itself', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'nonsense' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${own()}.evil.example` },
      { origin: 'http://localhost' },
    ])
      expect((await start(headers)).status).toBe(400)
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: own() }])
      expect((await start(headers)).status).toBe(303)
  })

  it('cannot post without the token of this browser’s form', async () => {
    const browser = portal.browser()
    await browser.get('/')
    const other = portal.browser()
    await other.get('/')
    const bot_check = await portal.solve()
    const fields = { login: 'nobody', bot_check }
    for (const form_token of ['', 'x', other.field('form_token')])
      expect((await browser.post('/reset', { ...fields, form_token })).status).toBe(400)
    browser.cookies.delete('postern-form')
    expect((await browser.post('/reset', fields)).status).toBe(400)
    for (const path of [
      '/reset/challenge',
      '/reset/answer',
      '/reset/password',
      '/reset/cancel',
      '/change',
      '/not-me',
    ])
      expect((await browser.post(path, { form_token: '' })).status).toBe(400)
  })

  it('is not let in by CORS', async () => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    const preflight = await portal.ask('/api/v1/resets', { method: 'OPTIONS', headers })
    expect(preflight.status).toBeGreaterThanOrEqual(400)
    const got = await portal.ask('/api/v1/bot-check', { headers: { origin: 'https://evil.example' } })
    for (const { headers: told } of [preflight, got])
      expect(Object.keys(told).filter(name => name.startsWith('access-control'))).toEqual([])
  })

  it('cannot send the API a form, text or a file', async () => {
    const body = JSON.stringify({ login: 'alice', bot_check: await portal.solve() })
    for (const kind of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'text/json',
    ])
      expect(
        (await portal.ask('/api/v1/resets', { method: 'POST', body, headers: { 'content-type': kind } }))
          .status,
      ).toBe(415)
  })
})

describe('a foreign host', () => {
  it('is refused, and no header makes another', async () => {
    for (const host of [
      'evil.example',
      'localhost',
      `localhost:${portal.port}.evil.example`,
      `evil@localhost:${portal.port}`,
      '',
    ])
      expect((await portal.ask('/', { headers: { host, accept: 'text/html' } })).status).toBe(400)
  })

  it('never gets into a link, a redirect or a mail', async () => {
    const poison = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      forwarded: 'host=evil.example;proto=https',
    }
    const browser = portal.browser()
    const page = await browser.get('/', poison)
    const posted = await browser.post('/reset', { login: 'alice', bot_check: await portal.solve() }, poison)
    expect(posted.headers.location).toBe('/reset')
    const text = await portal.ask('/.well-known/security.txt', { headers: poison })
    for (const told of [page.text, text.text, JSON.stringify(posted.headers)])
      expect(told).not.toContain('evil')
    await delivered(world)
    expect(JSON.stringify(world.sent)).not.toContain('evil')
  })
})

describe('the source of a request', () => {
  const one = (headers: Readonly<Record<string, string>>, source?: string) =>
    portal.ask('/api/v1/resets', { method: 'POST', body: '[]', headers, ...(source ? { source } : {}) })
  const lastSource = async (): Promise<string | undefined> =>
    (await world.store.read(tx => tx.auditRecords(0, 100_000))).at(-1)?.person?.source

  it('is what the trusted proxy saw last, and not what a client writes before it', async () => {
    await one({}, '203.0.113.77')
    expect(await lastSource()).toBe('203.0.113.77')
    await one({}, '198.51.100.1, 203.0.113.78')
    expect(await lastSource()).toBe('203.0.113.78')
    await one(
      { 'x-real-ip': '1.2.3.4', forwarded: 'for=1.2.3.4', 'true-client-ip': '1.2.3.4' },
      '203.0.113.79',
    )
    expect(await lastSource()).toBe('203.0.113.79')
  })

  it('is the peer itself where no proxy is trusted', async () => {
    const direct = await startPortal(world, { trustedProxies: [] })
    await direct.ask('/api/v1/resets', { method: 'POST', body: '[]', source: '203.0.113.80' })
    expect(await lastSource()).toBe('127.0.0.1')
    await direct.stop()
  })

  it('is one for all addresses of a /64', async () => {
    const narrow = await testWorld([victims.directory], { settings: { sourceBudget: 1 } })
    const running = await startPortal(narrow)
    const statuses: number[] = []
    for (let n = 0; n < 62; n += 1) {
      const login = `somebody${n}`
      const reset = await running.start(login, {}, `2001:db8:1:2:${n.toString(16)}::${n}`)
      statuses.push(reset.started.status)
    }
    expect(statuses.filter(status => status === 201)).toHaveLength(60)
    expect((await running.start('somebody', {}, '2001:db8:1:3::1')).started.status).toBe(201)
    await running.stop()
    await narrow.store.close()
  })
})
