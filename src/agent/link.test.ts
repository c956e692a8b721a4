import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type AgentSite, openAgentSite } from '../../rig/agent-site.ts'
import { freePortPair, tempFolder } from '../../rig/child.ts'
import { type ConnectProxy, startConnectProxy } from '../../rig/connect-proxy.ts'
import { startFaultProxy } from '../../rig/fault-proxy.ts'
import { makePki, unknownAuthority } from '../../rig/pki.ts'
import { inviteAgent } from '../actions/agents.ts'
import { decodeFrame, encodeFrame } from '../agent-frame.ts'
import { replyHello } from '../agent-hello.ts'
import { type OwnPair, ownPair, theirPair } from '../agent-message.ts'
import { newSecretHalves, ownKeys } from '../lib/key-pair.ts'
import { systemRandom } from '../lib/random.ts'
import { enrollHere } from './enroll.ts'
import type { IdentityFile } from './identity.ts'
import { pinOf, type Transport } from './transport.ts'

let site: AgentSite
let identity: IdentityFile
let proxy: ConnectProxy
beforeEach(async () => {
  site = await openAgentSite({ tls: true })
  identity = await site.enrol('one')
  proxy = await startConnectProxy('a secret')
})
afterEach(async () => {
  await site.stop()
  await proxy.stop()
})

const ready = () => site.relay.ready('people')
const log = () => site.log.join('\n')
const ownPin = (): string => pinOf(new X509Certificate(readFileSync(site.pki?.cert ?? '')).raw)

it('enrols and connects through a proxy, and reaches nothing past it', async () => {
  const transport = { ...site.transport, proxy: proxy.url, spkiPin: ownPin() }
  const { code } = await inviteAgent(site.world, { directory: 'people', name: 'two' })
  const server = site.origin
  await enrollHere({ server, name: 'two', code, transport, clock: site.world.clock })
  site.link(identity, { transport })
  await expect.poll(ready).toEqual([identity.get().agent])
  expect(proxy.asked).toEqual([`localhost:${site.port}`, `localhost:${site.port}`])
  proxy.cut()
  await expect.poll(ready).toEqual([])
  await expect.poll(ready, { timeout: 3_000 }).toEqual([identity.get().agent])
})

it.each<[string, () => Partial<Transport>, RegExp]>([
  [
    'an authority that is not the pinned one',
    () => ({ ca: unknownAuthority(tempFolder('ca').path) }),
    /certificate/,
  ],
  ['the system’s authorities, where the server has a private one', () => ({ ca: null }), /certificate/],
  ['another key in the certificate', () => ({ spkiPin: pinOf(otherCertificate()) }), /not the pinned one/],
  [
    'another key, behind a proxy',
    () => ({ spkiPin: pinOf(otherCertificate()), proxy: proxy.url }),
    /not the pinned/,
  ],
  ['a proxy that wants another password', () => ({ proxy: proxy.url.replace('a secret', 'none') }), /407/],
  ['a proxy that is not there', () => ({ proxy: 'http://127.0.0.1:9' }), /ECONNREFUSED/],
])('refuses %s, and says hello to nobody', async (_what, change, reason) => {
  const transport = { ...site.transport, ...change() }
  const link = site.link(identity, { transport })
  await expect.poll(log).toMatch(reason)
  expect(link.isUp()).toBe(false)
  expect(ready()).toEqual([])
  const { code } = await inviteAgent(site.world, { directory: 'people', name: 'two' })
  const server = site.origin
  const enrolling = enrollHere({ server, name: 'two', code, transport, clock: site.world.clock })
  await expect(enrolling).rejects.toThrow('cannot be reached')
})

const otherCertificate = (): Uint8Array => {
  const folder = tempFolder('other')
  const { cert } = makePki(join(folder.path, 'pki'), '127.0.0.1', ['localhost'])
  const { raw } = new X509Certificate(readFileSync(cert))
  folder.remove()
  return raw
}

it('says nothing of itself to a man in the middle with a certificate that is trusted (AGT-03)', async () => {
  const pinned = identity.get().server[0] ?? { id: '', sign: '', seal: '' }
  const own = ownPair(newSecretHalves())
  const posing: OwnPair = { keys: pinned, loaded: own.loaded }
  for (const [pair, reason] of [
    [own, 'unknown_key'],
    [posing, 'bad_signature'],
  ] as const) {
    const middle = await startMiddle(pair)
    const link = site.link(identity, { server: middle.origin })
    await expect.poll(log).toContain(reason)
    await link.close()
    expect(new Set(middle.heard)).toEqual(new Set(['hello']))
    expect(middle.tooMany()).toBe(false)
    await middle.stop()
  }
})

/** Answers every hello under its own keys, as the server would; holds the certificate that the agent trusts. */
async function startMiddle(pair: OwnPair) {
  const { pki } = site
  if (!pki) throw new Error('no TLS')
  const { deployment, agent, own } = identity.get()
  const theirs = own.map(secret => theirPair(ownPair(secret).keys))
  const server = createServer({ cert: readFileSync(pki.cert), key: readFileSync(pki.key) })
  const sockets = new WebSocketServer({ server })
  const heard: string[] = []
  let most = 0
  sockets.on('connection', socket => {
    let count = 0
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame(data)
      heard.push(frame?.kind ?? 'no frame')
      count += 1
      most = Math.max(most, count)
      const offer = Buffer.from(frame?.content ?? []).toString()
      const reply = replyHello({ deployment, agent, own: [pair], theirs }, offer, systemRandom, 0)
      if (reply.ok) socket.send(encodeFrame({ kind: 'hello', number: 0, content: Buffer.from(reply.value) }))
    })
  })
  const port = await freePortPair()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `https://localhost:${port}`,
    heard,
    tooMany: () => most > 1,
    async stop() {
      for (const client of sockets.clients) client.terminate()
      server.close()
    },
  }
}

it('does not enrol with somebody who has the certificate but not the code', async () => {
  const { pki } = site
  const { code } = await inviteAgent(site.world, { directory: 'people', name: 'two' })
  const keys = ownKeys(newSecretHalves()).public
  const server = createServer(
    { cert: readFileSync(pki?.cert ?? ''), key: readFileSync(pki?.key ?? '') },
    (_request, response) =>
      response.end(JSON.stringify({ v: 1, deployment: 'd', agent: 'a', keys, mac: 'x'.repeat(43) })),
  )
  const port = await freePortPair()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const at = { server: `https://localhost:${port}`, transport: site.transport, clock: site.world.clock }
  await expect(enrollHere({ ...at, name: 'two', code })).rejects.toThrow('in its place')
  await expect(enrollHere({ ...at, name: 'two', code: 'short' })).rejects.toThrow('no code')
  server.close()
})

it('comes back by itself when the network does', async () => {
  const line = await startFaultProxy({ port: site.port })
  const tunnel = await startConnectProxy(null, line.port)
  const link = site.link(identity, { transport: { ...site.transport, proxy: tunnel.url } })
  await expect.poll(ready).toHaveLength(1)
  await line.set({ name: 'refuse' })
  await expect.poll(ready).toEqual([])
  await expect.poll(() => link.isUp()).toBe(false)
  await line.set({ name: 'delay', ms: 20 })
  await expect.poll(ready, { timeout: 5_000 }).toHaveLength(1)
  await link.close()
  await line.stop()
  await tunnel.stop()
})
