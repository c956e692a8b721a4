import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { AgentDesk, Wire } from '../actions/agent-desk.ts'
import { enrollAgent } from '../actions/agent-enroll.ts'
import { SILENT_MS } from '../agent.ts'
import { FRAME_BYTES_MAX } from '../agent-frame.ts'
import { AppError } from '../errors.ts'
import { seconds } from '../lib/clock.ts'
import { networkMatcher, sourceBucket } from '../lib/network.ts'
import type { Portal } from './portal.ts'
import { parseStrictJson } from './strict-json.ts'

const ENROLLMENTS = '/agent/v1/enrollments'
const CONNECTION = '/agent/v1/connection'

const BODY_BYTES_MAX = 4 * 1024
/** From the upgrade to a proof. */
const HELLO_MS = seconds(5)
/** Connections of one source, all together and before their proof; of everybody together. */
const OPEN_PER_SOURCE_MAX = 32
const UNPROVEN_PER_SOURCE_MAX = 8
const OPEN_MAX = 1_024

/** Where agents enrol and connect. Nothing here is for browsers: whoever sends an Origin is refused. */
export function agentRoutes(app: FastifyInstance, portal: Portal, desk: AgentDesk): void {
  void app.register(async routes => enrollments(routes, portal))
  acceptConnections(app, portal, desk)
}

const text = (max: number) => z.string().min(1).max(max)
const halves = z.strictObject({ sign: text(64), seal: text(64) })
const ENROLLMENT = z.strictObject({
  v: z.int(),
  invitation: text(64),
  name: text(64),
  keys: halves,
  mac: text(64),
})

function enrollments(app: FastifyInstance, portal: Portal): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => parseStrictJson(body),
  )
  app.addHook('onRequest', async request => {
    if (isBrowser(request.headers)) throw new AppError('invalid-input', 'This is not for browsers.')
  })
  app
    .withTypeProvider<ZodTypeProvider>()
    .post(
      ENROLLMENTS,
      { bodyLimit: BODY_BYTES_MAX, schema: { hide: true, body: ENROLLMENT } },
      async ({ body, ip }) => enrollAgent(portal.world, body, ip),
    )
}

const isBrowser = (headers: IncomingMessage['headers']): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

function acceptConnections(app: FastifyInstance, portal: Portal, desk: AgentDesk): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    clientTracking: false,
  })
  const room = createRoom()
  const { server } = app
  // Any other request that would be upgraded is answered as the plain request that it is, too.
  Object.assign(server, {
    shouldUpgradeCallback: (request: IncomingMessage) => pathOf(request) === CONNECTION,
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const source = sourceOf(portal, request)
    const bucket = sourceBucket(source)
    const refusal = refusalOf(portal, request) ?? room.refusal(bucket)
    if (refusal !== null || isClosing(app)) {
      socket.end(
        `HTTP/1.1 ${refusal ?? '503 Service Unavailable'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      )
      return
    }
    sockets.handleUpgrade(request, socket, head, accepted =>
      serve(accepted, { desk, source, seat: room.take(bucket) }),
    )
  })
  endWithLastRequest(app, desk)
}

const pathOf = ({ url }: IncomingMessage): string => url ?? ''

function refusalOf({ hosts }: Portal, { headers, method }: IncomingMessage): string | null {
  if (method !== 'GET' || !hosts.includes((headers.host ?? '').toLowerCase())) return '400 Bad Request'
  return isBrowser(headers) ? '403 Forbidden' : null
}

type Place = { proven(): void; leave(): void }

/** Counts who is in, so that nobody can keep agents out by knocking (DOS-03). */
function createRoom() {
  const open = new Map<string, { all: number; unproven: number }>()
  let total = 0
  return {
    refusal(bucket: string): string | null {
      const { all, unproven } = open.get(bucket) ?? { all: 0, unproven: 0 }
      if (all >= OPEN_PER_SOURCE_MAX || unproven >= UNPROVEN_PER_SOURCE_MAX) return '429 Too Many Requests'
      return total >= OPEN_MAX ? '503 Service Unavailable' : null
    },
    take(bucket: string): Place {
      const counts = open.get(bucket) ?? { all: 0, unproven: 0 }
      open.set(bucket, counts)
      total += 1
      counts.all += 1
      counts.unproven += 1
      let isProven = false
      const proven = (): void => {
        if (!isProven) counts.unproven -= 1
        isProven = true
      }
      return {
        proven,
        leave() {
          proven()
          total -= 1
          counts.all -= 1
          if (counts.all === 0) open.delete(bucket)
        },
      }
    },
  }
}

type Served = { readonly desk: AgentDesk; readonly source: string; readonly seat: Place }

function serve(socket: WebSocket, { desk, source, seat }: Served): void {
  const visit = desk.open(wireOf(socket), source)
  const slow = setTimeout(() => visit.agent ?? socket.terminate(), HELLO_MS)
  const silence = setTimeout(() => socket.terminate(), SILENT_MS)
  socket.on('error', () => socket.terminate())
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    silence.refresh()
    if (isBinary) visit.take(data)
    else visit.end()
    if (visit.agent !== null) seat.proven()
  })
  socket.on('close', () => {
    clearTimeout(slow)
    clearTimeout(silence)
    seat.leave()
    visit.lost()
  })
}

const wireOf = (socket: WebSocket): Wire => ({
  send(bytes) {
    if (socket.readyState !== WebSocket.OPEN) return false
    socket.send(bytes)
    return true
  },
  waiting: () => socket.bufferedAmount,
  end(code) {
    if (code === undefined) socket.terminate()
    else {
      socket.close(code)
      setTimeout(() => socket.terminate(), CLOSE_MS).unref()
    }
  },
})

/** How long a revoked agent has to answer a goodbye; it is not listened to any more. */
const CLOSE_MS = seconds(1)

/** The nearest address that is no proxy of ours, as for every other request (RL-07). */
function sourceOf({ trustedProxies }: Portal, { socket, headers }: IncomingMessage): string {
  const isProxy = networkMatcher(trustedProxies)
  const forwarded = [headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map(each => each.trim())
  const hops = [...forwarded.filter(each => each !== ''), socket.remoteAddress ?? '']
  return hops.findLast(hop => !isProxy(hop)) ?? hops[0] ?? ''
}

const closing = new WeakSet<FastifyInstance>()
const isClosing = (app: FastifyInstance): boolean => closing.has(app)

/** A server that stops keeps its agents until the last request under way is answered: it may need one. */
function endWithLastRequest(app: FastifyInstance, desk: AgentDesk): void {
  let open = 0
  const endIfLast = (): void => {
    if (open === 0 && isClosing(app)) desk.close()
  }
  app.addHook('onRequest', async () => {
    open += 1
  })
  app.addHook('onResponse', async () => {
    open -= 1
    endIfLast()
  })
  app.addHook('preClose', async () => {
    closing.add(app)
    endIfLast()
  })
}
