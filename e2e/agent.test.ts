// `postern serve` that knows no directory but one behind an agent, and `postern agent` as an operator sets it up: invited,
// enrolled and confirmed by commands, run by an account without rights. A password is reset in a browser.
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../rig/agent.ts'
import { launchBrowser } from '../rig/browser.ts'
import { type Child, run, startChild, tempFolder } from '../rig/child.ts'
import { listeningOf } from '../rig/listening.ts'
import { type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { DIST } from '../rig/programs.ts'
import { openldapEntry, prepareServe, type Serve } from '../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../rig/slapd.ts'
import { choose, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { visit } from './visit.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const MAILBOX = 'olga@private.example'
const OLD = 'the old password of olga'
const NEW = 'seven quiet herons wade'
/** Any account without rights, on any Linux; its group has the same name. */
const ACCOUNT = 'daemon'

const folder = tempFolder('agent-host')
const config = join(folder.path, 'agent.yaml')
let slapd: Slapd
let mail: MailSink
let serve: Serve
let browser: Browser
let agent: Child | null = null

beforeAll(async () => {
  ;[slapd, mail, browser] = await Promise.all([
    startSlapd({ users: [{ uid: 'olga', password: OLD }] }),
    startMailSink(),
    launchBrowser(),
  ])
  const directories = [{ name: 'people', kind: 'agent', domains: ['example.test'] }]
  serve = await prepareServe({ directories, mail, tls: true })
  await serve.start()
  writeHost()
})
afterAll(async () => {
  await browser.close()
  await agent?.stop()
  await Promise.all([serve.stop(), slapd.stop(), mail.stop()])
  folder.remove()
})

/** Everything on the agent's host belongs to the account that it runs as. */
function writeHost(): void {
  const { bind_password: secret, ...entry } = openldapEntry(slapd)
  const files = {
    'bind-password': String(secret),
    'ldap-ca.pem': slapd.ca,
    'server-ca.pem': serve.ca,
    'agent.yaml': JSON.stringify({
      ...{ server: serve.origin, name: 'dc1', state: 'state', ca_file: 'server-ca.pem' },
      directory: { ...entry, bind_password_file: 'bind-password', ca_file: 'ldap-ca.pem' },
    }),
  }
  chmodSync(folder.path, 0o755)
  mkdirSync(join(folder.path, 'state'), { mode: 0o700 })
  for (const [name, held] of Object.entries(files))
    writeFileSync(join(folder.path, name), held, { mode: 0o600 })
  const [uid, gid] = ['-u', '-g'].map(which => Number(run('id', [which, ACCOUNT])))
  for (const name of ['.', ...readdirSync(folder.path)])
    chownSync(join(folder.path, name), uid ?? 0, gid ?? 0)
}

/** `postern agent enroll`, on the agent's host. */
async function enroll(code: string): Promise<string> {
  const words = [join(DIST, 'postern.js'), 'agent', 'enroll', '--config', config]
  const child = spawn(
    'setpriv',
    ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--clear-groups', process.execPath, ...words],
    { cwd: '/' },
  )
  child.stdin.end(`${code}\n`)
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(err).toMatch(/confirms this fingerprint/)
  return out
}

const startAgent = async (): Promise<Child> => {
  const child = startChild(process.execPath, [join(DIST, 'agent.js'), '--config', config], { as: ACCOUNT })
  await child.wrote(/the server is connected/)
  return child
}

/** The mail server is in this process, and must not be kept from answering. */
const isOpen = (): Promise<boolean> =>
  new Promise((resolve, reject) => {
    get(`${serve.origin}/health/ready`, { ca: serve.ca }, answer => {
      text(answer).then(body => resolve(/"open"/.test(body)), reject)
    }).on('error', reject)
  })

test('before there is an agent everybody is told "not now"', async () => {
  expect(await isOpen()).toBe(false)
  expect(await serve.command(['agent', 'list'])).toBe('There is no agent.\n')
})

test('an agent is invited, enrolled and confirmed, and gets no call before', async () => {
  const code = (await serve.command(['agent', 'invite', 'people', 'dc1'])).trim()
  const confirm = await enroll(code)
  expect(confirm).toMatch(/^postern agent confirm dc1 [A-Z2-7-]+\n$/)
  expect(statSync(join(folder.path, 'state/identity.json')).mode & 0o777).toBe(0o600)
  agent = await startAgent()
  expect(await isOpen()).toBe(false)
  expect(await serve.command(['agent', 'list'])).toMatch(/waiting for confirmation/)
  await serve.command(confirm.trim().split(' ').slice(1))
  await until('an agent that is asked', isOpen)
  expect(await serve.command(['agent', 'list'])).toMatch(/dc1 {2}people {2}(running|needs attention)/)
})

test('it listens on nothing', () => {
  const pid = agent?.pid ?? 0
  expect(listeningOf(pid)).toEqual([])
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^CapEff:\t0+$/m)
})

test('people are enrolled through it by a command, and reset their password in a browser', {
  timeout: 60_000,
}, async () => {
  await serve.enrol(
    { login: 'olga', method: 'app_code', secret: SECRET },
    { login: 'olga', method: 'email', address: MAILBOX },
  )
  const person = await visit(browser, serve.origin, { anyCertificate: true })
  await openStart(person)
  await person.page.getByText(say(person, 'page.bot_check.done')).waitFor()
  await giveLogin(person, 'olga')
  await choose(person, 'app_code')
  await giveCode(person, new TOTP({ secret: SECRET }).generate(), 'page.choose.title_second')
  await choose(person, 'email')
  const got = await mail.waitFor(({ to }) => to.includes(MAILBOX))
  await giveCode(person, /^ *(\d{6,8})$/m.exec(got.text)?.[1] ?? '', 'page.password.title')
  await givePassword(person, NEW)
  expect((await slapd.hand.tryBind(personDn('olga'), NEW)).ok).toBe(true)
  expect((await slapd.hand.tryBind(personDn('olga'), OLD)).ok).toBe(false)
  await person.close()
  const kept = readdirSync(join(folder.path, 'state')).map(name =>
    readFileSync(join(folder.path, 'state', name), 'utf8'),
  )
  for (const place of [serve.log(), agent?.log() ?? '', ...kept])
    for (const secret of [NEW, OLD, slapd.bindPassword]) expect(place).not.toContain(secret)
})

test('the doctor tells of it, and without it everybody is told "not now" again, within seconds', async () => {
  expect(await serve.command(['doctor', '--dns-server', '127.0.0.1:9'])).toMatch(
    /directory people: agent dc1: /,
  )
  await agent?.stop()
  expect(agent?.log()).toMatch(/"event":"the agent stops"/)
  await until('"not now"', async () => !(await isOpen()))
  agent = await startAgent()
  await until('an agent that is asked', isOpen)
})
