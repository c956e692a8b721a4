// Stands between the product and a server, and breaks what passes. Where it is given the server's certificate it
// sees the plain requests, so that a test can say "lose the answer to the next LDAP modify".
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import { freePortPair } from './child.ts'
import type { Pki } from './pki.ts'

export type Fault =
  | { readonly name: 'pass' }
  /** Nobody listens: ECONNREFUSED; open connections are reset. */
  | { readonly name: 'refuse' }
  /** Connections are taken, nothing passes either way. */
  | { readonly name: 'black_hole' }
  /** What the server says comes `ms` later. */
  | { readonly name: 'delay'; readonly ms: number }
  /** Both ends are reset once a client sent more than `bytes`; what is beyond is not passed on. */
  | { readonly name: 'drop_after'; readonly bytes: number }
  /**
   * Passes requests on. The first one that `to` accepts (any, where it is left out) reaches the server; when the
   * server has answered, the answer is thrown away and the client's connection reset. Then `next` holds (pass).
   */
  | { readonly name: 'lose_answer'; readonly to?: (request: Buffer) => boolean; readonly next?: Fault }

export type FaultProxyOptions = {
  readonly host?: string
  readonly port: number
  /** The server's own certificate and key: the proxy takes off TLS and puts it on again. */
  readonly tls?: Pki
}

export type FaultProxy = {
  readonly host: '127.0.0.1'
  readonly port: number
  set(fault: Fault): Promise<void>
  /** Answers thrown away so far. */
  readonly lost: number
  /** Resolves when the next answer has been thrown away. */
  lose(): Promise<void>
  readonly connections: number
  stop(): Promise<void>
}

type State = {
  fault: Fault
  lost: number
  waiting: (() => void)[]
  links: Set<Link>
  set: (fault: Fault) => Promise<void>
}
type Link = { readonly reset: () => void }

export async function startFaultProxy(target: FaultProxyOptions): Promise<FaultProxy> {
  const port = await freePortPair()
  const server = createServer(socket => void open(socket, target, state))
  const resetAll = (): void => {
    for (const link of state.links) link.reset()
  }
  const set = async (fault: Fault): Promise<void> => {
    state.fault = fault
    if (fault.name === 'refuse') await close(server, resetAll)
    else if (!server.listening) await listen(server, port)
  }
  const state: State = { fault: { name: 'pass' }, lost: 0, waiting: [], links: new Set(), set }
  await listen(server, port)
  return {
    host: '127.0.0.1',
    port,
    set,
    get lost() {
      return state.lost
    },
    lose: () => new Promise(resolve => state.waiting.push(resolve)),
    get connections() {
      return state.links.size
    },
    stop: () => close(server, resetAll),
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

async function close(server: Server, resetAll: () => void): Promise<void> {
  if (!server.listening) return resetAll()
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  resetAll()
  await closed
}

function open(raw: Socket, target: FaultProxyOptions, state: State): void {
  const client = target.tls ? serverSide(raw, target.tls) : raw
  const server = target.tls
    ? clientSide(target, target.tls)
    : connect(target.port, target.host ?? '127.0.0.1')
  const link: Link = {
    reset: () => {
      state.links.delete(link)
      raw.resetAndDestroy()
      client.destroy()
      server.destroy()
    },
  }
  state.links.add(link)
  for (const socket of [raw, client, server]) socket.on('error', link.reset).on('close', link.reset)
  carry(client, server, link, state)
}

const serverSide = (raw: Socket, tls: Pki): TLSSocket =>
  new TLSSocket(raw, {
    isServer: true,
    secureContext: createSecureContext({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }),
  })

/** The certificate is the server's own, so its name is not looked at twice. */
const clientSide = (target: FaultProxyOptions, tls: Pki): TLSSocket =>
  connectTls({
    host: target.host ?? '127.0.0.1',
    port: target.port,
    ca: readFileSync(tls.ca),
    checkServerIdentity: () => undefined,
  })

function carry(client: Socket, server: Socket, link: Link, state: State): void {
  let sent = 0
  let losing = false
  client.on('data', (request: Buffer) => {
    const { fault } = state
    sent += request.length
    if (fault.name === 'black_hole') return
    if (fault.name === 'drop_after' && sent > fault.bytes) return link.reset()
    if (fault.name === 'lose_answer' && (fault.to?.(request) ?? true)) losing = true
    server.write(request)
  })
  server.on('data', (answer: Buffer) => {
    const { fault } = state
    if (losing) return lose(link, state)
    if (fault.name === 'black_hole') return
    if (fault.name === 'delay') setTimeout(() => client.writable && client.write(answer), fault.ms)
    else client.write(answer)
  })
}

function lose(link: Link, state: State): void {
  const next = state.fault.name === 'lose_answer' ? state.fault.next : undefined
  void state.set(next ?? { name: 'pass' })
  state.lost += 1
  link.reset()
  for (const tell of state.waiting.splice(0)) tell()
}
