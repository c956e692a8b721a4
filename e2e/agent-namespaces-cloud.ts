// For agent-namespaces.test.ts, in a network namespace of its own: the host in the cloud, with `postern serve`, its mail
// server and a browser. A wire leads to another namespace, the premises; what is there is reached by an agent alone.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TOTP } from 'otpauth'
import { launchBrowser } from '../rig/browser.ts'
import { run } from '../rig/child.ts'
import { startMailSink } from '../rig/mail-sink.ts'
import { prepareServe } from '../rig/serve.ts'
import {
  CLOUD_IP,
  CLOUD_NAME,
  type Crossing,
  LAN,
  LAN_IP,
  type Orders,
  type Sent,
  UPLINK_IP,
} from './agent-namespaces-map.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { type Visit, visit } from './visit.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const MAILBOX = 'olga@private.example'
const [OLD, NEW] = ['Quiet-harbour old 1', 'Seven quiet herons wade 7'] as const
const LDAP_PORTS = [389, 636] as const

/** Of these ports those that take a connection. */
const openPorts = (host: string, ports: readonly number[]): readonly number[] =>
  // as: what the script below prints
  JSON.parse(run('/usr/bin/python3', ['-c', TRY, host], ports.join(' '))) as readonly number[]

/** Node would take four times as long for every port there is. */
const TRY = `
import json, socket, sys
def takes(port):
    with socket.socket() as end:
        end.settimeout(1)
        return end.connect_ex((sys.argv[1], port)) == 0
print(json.dumps([port for port in map(int, sys.stdin.read().split()) if takes(port)]))
`

const EVERY_PORT = Array.from({ length: 65_535 }, (_, index) => index + 1)

type Premises = <Name extends keyof Orders>(order: Name, given: Orders[Name][0]) => Promise<Orders[Name][1]>

async function startPremises(): Promise<Premises> {
  const script = fileURLToPath(new URL('agent-namespaces-premises.ts', import.meta.url))
  const words = ['--pdeathsig', 'KILL', 'unshare', '--net', process.execPath, script]
  const child = spawn('setpriv', words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await answerOf(child)
  run('ip', ['link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(child.pid)])
  run('ip', ['address', 'add', `${CLOUD_IP}/30`, 'dev', 'wan'])
  run('ip', ['link', 'set', 'wan', 'up'])
  const premises: Premises = async (order, given) => {
    child.send({ order, given } satisfies Sent)
    // as: the premises answer each order with what `Orders` says.
    return (await answerOf(child)) as never
  }
  await premises('wire', null)
  return premises
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const end = (): void => gone.abort(new Error('the premises ended'))
  child.once('exit', end)
  const [{ value, error }] = await once(child, 'message', { signal: gone.signal })
  child.off('exit', end)
  if (error) throw new Error(`the premises: ${error}`)
  return value
}

async function main(): Promise<Crossing> {
  const premises = await startPremises()
  const [mail, browser] = await Promise.all([
    startMailSink(),
    launchBrowser([CLOUD_NAME]),
    premises('directory', { login: 'olga', password: OLD }),
  ])
  const serve = await prepareServe({
    directories: [{ name: 'ad', kind: 'agent', domains: ['ad.example.test'] }],
    ...{ mail, tls: true, host: { name: CLOUD_NAME, ip: CLOUD_IP } },
  })
  await serve.start()
  const code = (await serve.command(['agent', 'invite', 'ad', 'dc1'])).trim()
  const confirm = await premises('enroll', { server: serve.origin, ca: serve.ca, code })
  await premises('agent', null)
  await serve.command(confirm.trim().split(' ').slice(1))
  const agents = (): Promise<string> => serve.command(['agent', 'list'])
  // Commands look at what is stored, which a heartbeat brings up to date.
  while (!/running|needs attention/.test(await agents())) await pause(200)

  const openAtUplink = openPorts(UPLINK_IP, EVERY_PORT)
  const openInLan = openPorts(LAN_IP, EVERY_PORT)
  run('ip', ['route', 'add', LAN, 'via', UPLINK_IP])
  const openInLanByRoute = openPorts(LAN_IP, LDAP_PORTS)
  await premises('firewall', false)
  const openWithoutFirewall = openPorts(LAN_IP, LDAP_PORTS)
  await premises('firewall', true)
  run('ip', ['route', 'del', LAN])

  await serve.enrol(
    { login: 'olga', method: 'app_code', secret: SECRET },
    { login: 'olga', method: 'email', address: MAILBOX },
  )
  const person = await visit(browser, serve.origin, { anyCertificate: true })
  await reset(person, async () => {
    const { text } = await mail.waitFor(({ to }) => to.includes(MAILBOX))
    return /^ *(\d{6,8})$/m.exec(text)?.[1] ?? ''
  })
  const crossing = {
    ...{ openAtUplink, openInLan, openInLanByRoute, openWithoutFirewall },
    openHere: openPorts(CLOUD_IP, EVERY_PORT.slice(serve.port - 51, serve.port + 50)),
    ...{ listening: await premises('listening', null), dialled: await premises('dialled', null) },
    agents: await agents(),
    newBinds: await premises('binds', { login: 'olga', password: NEW }),
    oldBinds: await premises('binds', { login: 'olga', password: OLD }),
    ...{ signedIn: await signIn(person), faults: person.faults },
  }
  await browser.close()
  await premises('stop', null)
  await Promise.all([serve.stop(), mail.stop()])
  return crossing
}

async function reset(person: Visit, mailedCode: () => Promise<string>): Promise<void> {
  await openStart(person)
  await person.page.getByText(say(person, 'page.bot_check.done')).waitFor()
  await giveLogin(person, 'olga')
  await choose(person, 'app_code')
  await giveCode(person, new TOTP({ secret: SECRET }).generate(), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCode(person, await mailedCode(), 'page.password.title')
  await givePassword(person, NEW)
}

/** With the new password; the second step is asked for behind it. */
async function signIn(person: Visit): Promise<boolean> {
  await person.page.goto(`${person.origin}/sign-in?login=olga`)
  await person.arrive(say(person, 'page.sign_in.title'))
  await field(person, 'page.sign_in.password').fill(NEW)
  await button(person, 'page.sign_in.submit').click()
  await person.arrive(say(person, 'page.step.title'))
  return true
}

console.log(JSON.stringify(await main()))
process.exit()
