// For agent-namespaces.test.ts, in a network namespace of its own: the host on the premises, with Active Directory in its
// local network and an agent beside it. It does what the cloud's script orders, over the pipe between the two processes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, run, startChild, tempFolder } from '../rig/child.ts'
import { listeningOf } from '../rig/listening.ts'
import { DIST, postern } from '../rig/programs.ts'
import { type Samba, startSamba } from '../rig/samba.ts'
import { sambaEntry } from '../rig/serve.ts'
import { CLOUD_IP, LAN, LAN_IP, type Orders, type Sent, UPLINK_IP } from './agent-namespaces-map.ts'

const folder = tempFolder('premises')
const config = join(folder.path, 'agent.yaml')
/** The firewall at the edge: nothing from outside gets to the local network. */
const SHUT = ['iif', 'uplink', 'to', LAN, 'pref', '10', 'blackhole']
let samba: Samba
let agent: Child

const ip = (...words: readonly string[]): string => run('ip', words)

const orders: { [Name in keyof Orders]: (given: Orders[Name][0]) => Promise<Orders[Name][1]> } = {
  async wire() {
    ip('link', 'set', 'lo', 'up')
    ip('address', 'add', `${UPLINK_IP}/30`, 'dev', 'uplink')
    ip('link', 'set', 'uplink', 'up')
    ip('address', 'add', `${LAN_IP}/32`, 'dev', 'lo')
    // Own addresses are looked up first of all: the firewall has to stand before that.
    ip('rule', 'add', 'pref', '100', 'lookup', 'local')
    ip('rule', 'del', 'pref', '0')
    ip('rule', 'add', ...SHUT)
  },
  async directory(person) {
    samba = await startSamba({ ip: LAN_IP })
    await samba.addUser(person)
  },
  async enroll({ server, ca, code }) {
    const { bind_password: secret, ...entry } = sambaEntry(samba)
    mkdirSync(join(folder.path, 'state'), { mode: 0o700 })
    const agentFile = { server, name: 'dc1', state: 'state', ca_file: 'server-ca.pem' }
    for (const [name, held] of [
      ['ad-password', String(secret)],
      ['server-ca.pem', ca],
      ['agent.yaml', JSON.stringify({ ...agentFile, directory: entry })],
    ] as const)
      writeFileSync(join(folder.path, name), held, { mode: 0o600 })
    const ran = await postern(['agent', 'enroll', '--config', config], `${code}\n`)
    if (ran.code !== 0) throw new Error(ran.out + ran.err)
    return ran.out
  },
  async agent() {
    agent = startChild(process.execPath, [join(DIST, 'agent.js'), '--config', config])
    await agent.wrote(/the server is connected/)
  },
  listening: async () => listeningOf(agent.pid),
  dialled: async () =>
    run('ss', ['-Htn', 'state', 'established', 'dst', CLOUD_IP]).trim().split('\n').filter(Boolean).length,
  async firewall(isUp) {
    ip('rule', isUp ? 'add' : 'del', ...SHUT)
  },
  binds: async ({ login, password }) => (await samba.hand.tryBind(`${login}@${samba.realm}`, password)).ok,
  async stop() {
    await agent?.stop()
    await samba?.stop()
    folder.remove()
  },
}

process.on('message', (sent: Sent) => {
  // as: the cloud's script sends each order with what belongs to it.
  const order = orders[sent.order] as (given: unknown) => Promise<unknown>
  order(sent.given).then(
    value => process.send?.({ value }),
    error => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.({ value: 'here' })
