// What is shipped: nothing of the demo in it, TLS by itself, and plain HTTP for this machine alone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, get as plainGet } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type SecureVersion } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Demo, startDemo } from '../rig/demo.ts'
import { type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { DIST, postern } from '../rig/programs.ts'
import { openldapEntry, prepareServe, type Serve } from '../rig/serve.ts'
import { type Slapd, startSlapd } from '../rig/slapd.ts'
import { SAMPLE_PEOPLE } from '../src/demo/people.ts'
import { hours, seconds, systemClock } from '../src/lib/clock.ts'
import { filesBelow } from './canaries.ts'

let demo: Demo
let slapd: Slapd
let mail: MailSink
let serve: Serve

beforeAll(async () => {
  ;[demo, slapd, mail] = await Promise.all([startDemo(), startSlapd(), startMailSink()])
  serve = await prepareServe({ directories: [openldapEntry(slapd)], mail, tls: true })
  const clockFile = join(serve.folder, 'clock')
  writeFileSync(clockFile, String(hours(24) / seconds(1)))
  await serve.start({ POSTERN_CLOCK_FILE: clockFile })
})
afterAll(async () => {
  await Promise.all([serve.stop(), demo.stop(), slapd.stop(), mail.stop()])
})

const SEEDS = SAMPLE_PEOPLE.flatMap(({ totpSecret, recoveryCodes }) =>
  [totpSecret ?? [], ...recoveryCodes].flat(),
)
const DEMO_ONLY = ['POSTERN_CLOCK_FILE', '/demo', 'sample.example', 'before-1', ...SEEDS]

/** The programs of this name with what they read beside themselves. */
function programOf(name: 'postern' | 'demo', folders: readonly string[]): Map<string, string> {
  const isOurs = (file: string): boolean => file.startsWith(name) && file.endsWith('.js')
  const scripts = readdirSync(DIST).filter(isOurs)
  return new Map([
    ...scripts.map(file => [file, readFileSync(join(DIST, file), 'utf8')] as const),
    ...folders.flatMap(folder =>
      [...filesBelow(join(DIST, folder))].map(([file, bytes]) => [file, bytes.toString('utf8')] as const),
    ),
  ])
}

test('nothing of the demo lies in what is shipped, and no clock that can be moved', () => {
  const shipped = [...programOf('postern', ['assets', 'locales'])]
  const found = shipped.flatMap(([file, content]) =>
    DEMO_ONLY.filter(word => content.includes(word)).map(word => `${file}: ${word}`),
  )
  expect(found).toEqual([])
  expect(shipped.length).toBeGreaterThan(30)
  const inDemo = [...programOf('demo', []).values()].join('\n')
  expect(DEMO_ONLY.filter(word => !inDemo.includes(word))).toEqual([])
})

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** Over TLS, verified by the authority of the test. */
const ask = (path: string, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port, ca } = serve
    const headers = { host: `localhost:${port}` }
    request({ host: '127.0.0.1', servername: 'localhost', port, path, method, ca, headers }, async answer =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }),
    )
      .on('error', reject)
      .end()
  })

test('a running server has none of the demo’s windows', async () => {
  const source = readFileSync(fileURLToPath(new URL('../src/demo/routes.tsx', import.meta.url)), 'utf8')
  const windows = [...source.matchAll(/app\.(?:get|post)\('([^']+)'/g)].map(([, path = '']) => path)
  const script = readdirSync(join(DIST, 'demo-assets')).find(name => name.startsWith('demo-')) ?? ''
  const more = ['/demo/', '/demo/calls/1/keys', '/demo/authenticator/alice/decisions']
  const asked = [...windows, ...more].flatMap(path => ['GET', 'POST'].map(method => ask(path, method)))
  const answers = await Promise.all([...asked, ask(`/assets/${script}`)])
  expect(windows.length).toBeGreaterThan(3)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]))
  expect(script).toMatch(/js/)
  expect((await ask('/')).status).toBe(200)
})

test('a clock file moves nothing, and is told as a name that means nothing', async () => {
  const { expires_at: until } = JSON.parse((await ask('/api/v1/bot-check')).body)
  expect(Math.abs(Date.parse(until) - systemClock.now())).toBeLessThan(hours(1))
  expect(serve.log()).toMatch(/POSTERN_CLOCK_FILE, which names no key/)
})

/** The deployment of this file with other keys: what `serve` says, and its exit code. */
async function refused(change: Readonly<Record<string, unknown>>): Promise<string> {
  const file = join(serve.folder, 'other.yaml')
  const deployment = { ...JSON.parse(readFileSync(serve.deploymentFile, 'utf8')), ...change }
  writeFileSync(file, JSON.stringify(deployment), { mode: 0o600 })
  const { code, err } = await postern(['serve', '--config', file])
  return `${code}: ${err}`
}

test('a folder of the demo is refused', async () => {
  expect(await refused({ data: demo.folder })).toMatch(/^1: .* belongs to the demo/)
})

test('plain HTTP is for this machine, or behind a proxy that is named', async () => {
  const bare = { tls: undefined, listen: '0.0.0.0:8080' }
  expect(await refused(bare)).toMatch(/^1: .*without tls that needs trusted_proxies/s)
  expect(await refused({ ...bare, trusted_proxies: ['0.0.0.0/0'] })).toMatch(/^1: .*trusts everybody/s)
  expect(await refused({ public_url: 'http://reset.example.test' })).toMatch(/^1: .*must begin with https/s)
})

const negotiated = (maxVersion: SecureVersion): Promise<string | null> =>
  new Promise(resolve => {
    const { port, ca } = serve
    // Level 0 lets our own side offer what is long out of date.
    const old = { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ...old }, () => {
      resolve(socket.getProtocol())
      socket.destroy()
    })
    socket.on('error', () => resolve(null))
  })

test('TLS 1.2 or better, for two years, with cookies that never leave it', async () => {
  expect(await Promise.all((['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map(negotiated))).toEqual([
    null,
    'TLSv1.2',
    'TLSv1.3',
  ])
  const { headers } = await ask('/')
  expect(headers['strict-transport-security']).toMatch(/^max-age=(31536000|63072000)\b/)
  for (const cookie of headers['set-cookie'] ?? ['none'])
    expect(cookie).toMatch(/^__Host-postern-form=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const plain = new Promise<string>(resolve =>
    plainGet({ host: '127.0.0.1', port: serve.port }, () => resolve('answered')).on('error', () =>
      resolve('cut'),
    ),
  )
  expect(await plain).toBe('cut')
})
