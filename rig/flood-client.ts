// Clients in numbers, in a process of their own so that the server's process does nothing but serve. Reads one JSON
// order as its argument and writes one JSON line. Who asks for the health is a process apart from those who flood.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type FloodOrder =
  | {
      readonly kind: 'stream'
      readonly port: number
      readonly bytes: number
      readonly framing: 'length' | 'chunked'
    }
  | { readonly kind: 'slow'; readonly port: number; readonly connections: number; readonly withinMs: number }
  /** `file`: a JSON list of requests, sent all at once. */
  | { readonly kind: 'parallel'; readonly port: number; readonly file: string }
  /** One question after the other, until the process gets SIGTERM. */
  | { readonly kind: 'health'; readonly port: number }

export type FloodRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type FloodReport = {
  /** Milliseconds of every question for the server's health. */
  readonly health: readonly number[]
  readonly answers: readonly {
    readonly status: number
    readonly retryAfter: string | null
    readonly ms: number
  }[]
  /** Of a stream: bytes that the server's side took. */
  readonly sent: number
  /** Of slow connections: how many were opened at once, and when the server had ended each, in milliseconds. */
  readonly opened: number
  readonly ended: readonly number[]
}

const NOTHING: FloodReport = { health: [], answers: [], sent: 0, opened: 0, ended: [] }
const HEALTH_EVERY_MS = 50
const CHUNK = Buffer.alloc(64 * 1024, 0x61)

async function flood(order: FloodOrder): Promise<Partial<FloodReport>> {
  switch (order.kind) {
    case 'stream':
      return stream(order)
    case 'slow':
      return slow(order)
    case 'parallel':
      return parallel(order)
    case 'health':
      return askHealth(order.port)
  }
}

/** Writes as fast as it is taken, until all is sent or the server hangs up. */
function stream(order: FloodOrder & { kind: 'stream' }): Promise<Partial<FloodReport>> {
  const chunked = order.framing === 'chunked'
  const head = [
    'POST /api/v1/resets HTTP/1.1',
    `Host: localhost:${order.port}`,
    'Content-Type: application/json',
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${order.bytes}`,
  ]
  const frame = chunked ? Buffer.concat([Buffer.from('10000\r\n'), CHUNK, Buffer.from('\r\n')]) : CHUNK
  return new Promise(resolve => {
    let received = ''
    let sent = 0
    const from = performance.now()
    const socket = connect(order.port, '127.0.0.1')
    const more = (): void => {
      while (sent < order.bytes && !socket.destroyed) {
        sent += CHUNK.length
        if (!socket.write(frame)) return
      }
    }
    socket.on('connect', () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n`)
      more()
    })
    socket.on('drain', more)
    socket.on('data', data => {
      received += data.toString('latin1')
      if (sent >= order.bytes) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0)
      resolve({ sent, answers: [{ status, retryAfter: null, ms: performance.now() - from }] })
    })
  })
}

/** Half never finish their headers, half their body; each says one byte a second. */
async function slow(order: FloodOrder & { kind: 'slow' }): Promise<Partial<FloodReport>> {
  const from = performance.now()
  const ended: number[] = []
  const sockets = await Promise.all(
    Array.from({ length: order.connections }, (_, index) => openSlow(order.port, index % 2 === 0)),
  )
  const opened = sockets.length
  for (const socket of sockets) {
    if (socket.destroyed) ended.push(performance.now() - from)
    else socket.once('close', () => ended.push(performance.now() - from))
  }
  while (ended.length < opened && performance.now() - from < order.withinMs) {
    for (const socket of sockets) if (socket.writable) socket.write('a')
    await pause(1_000)
  }
  for (const socket of sockets) socket.destroy()
  return { opened, ended }
}

const openSlow = (port: number, inHeaders: boolean): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      const head = `POST /api/v1/resets HTTP/1.1\r\nHost: localhost:${port}\r\n`
      socket.write(
        inHeaders
          ? `${head}X-Slow: `
          : `${head}Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n`,
      )
      socket.off('error', reject)
      socket.on('error', () => undefined)
      socket.resume()
      resolve(socket)
    })
    socket.on('error', reject)
  })

async function parallel(order: FloodOrder & { kind: 'parallel' }): Promise<Partial<FloodReport>> {
  const list = JSON.parse(readFileSync(order.file, 'utf8')) as FloodRequest[] // as: the test wrote it
  const agent = new Agent({ keepAlive: true })
  const answers = await Promise.all(list.map(each => send(order.port, agent, each)))
  agent.destroy()
  return { answers }
}

function send(port: number, agent: Agent, { method, path, headers, body }: FloodRequest) {
  const from = performance.now()
  return new Promise<FloodReport['answers'][number]>((resolve, reject) => {
    const outgoing = request({
      ...{ host: '127.0.0.1', port, path, method, agent },
      headers: { host: `localhost:${port}`, ...headers, 'content-length': String(Buffer.byteLength(body)) },
    })
    outgoing.on('error', reject).on('response', incoming => {
      incoming.resume().on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          retryAfter: incoming.headers['retry-after'] ?? null,
          ms: performance.now() - from,
        }),
      )
    })
    outgoing.end(body)
  })
}

async function askHealth(port: number): Promise<Partial<FloodReport>> {
  const agent = new Agent({ keepAlive: true })
  const health: number[] = []
  const over = new AbortController()
  process.once('SIGTERM', () => over.abort())
  const question = { method: 'GET', path: '/health/live', headers: {}, body: '' }
  while (!over.signal.aborted) {
    const { status, ms } = await send(port, agent, question)
    if (status !== 200) throw new Error(`health: ${status}`)
    health.push(ms)
    await pause(HEALTH_EVERY_MS, null, { signal: over.signal }).catch(() => null)
  }
  agent.destroy()
  return { health }
}

const order = JSON.parse(process.argv[2] ?? '') as FloodOrder // as: the test wrote it
process.stdout.write(`${JSON.stringify({ ...NOTHING, ...(await flood(order)) })}\n`)
