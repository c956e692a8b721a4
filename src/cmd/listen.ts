import { readFileSync, statSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import { seconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { networkMatcher } from '../lib/network.ts'
import type { Deployment } from './config-types.ts'

/** Node's own 60 s and 300 s, looked at every 30 s, let slow clients stay (DOS-03). */
const TIMEOUTS = {
  headersTimeout: seconds(10),
  requestTimeout: seconds(30),
  keepAliveTimeout: seconds(10),
  connectionsCheckingInterval: seconds(1),
}
const HEADER_BYTES_MAX = 16_384

/** A school behind one address opens hundreds; a proxy in front may open as many as it likes. */
const CONNECTIONS_PER_SOURCE_MAX = 512
const CONNECTIONS_MAX = 20_000

/** How often the certificate's files are looked at: a renewed one is in use soon after. */
const TLS_LOOK_MS = seconds(5)

/** Requests under way may end; a write takes up to 30 s (security.md INV-7). */
export const GRACE_MS = seconds(35)

export type Listening = {
  readonly port: number
  /** Takes no more connections, and resolves when the last answer is out, or the grace is over. */
  close(graceMs?: number): Promise<void>
}

type Listen = Pick<Deployment, 'listen' | 'tls' | 'trustedProxies'>

/** Answers at the address of the deployment file: TLS itself where it has a certificate, else HTTP (decisions 7.2). */
export async function listen(handler: RequestListener, deployment: Listen, log: Log): Promise<Listening> {
  const { tls } = deployment
  const options = { ...TIMEOUTS, maxHeaderSize: HEADER_BYTES_MAX }
  const secure = tls
    ? createTlsServer({ ...options, ...readPair(tls), minVersion: 'TLSv1.2' }, handler)
    : null
  const server = secure ?? createServer(options, handler)
  server.maxConnections = CONNECTIONS_MAX
  limitSources(server, deployment.trustedProxies)
  refuseGarbage(server)
  const stopLooking = secure && tls ? renewTls(secure, tls, log) : () => {}
  const { host, port } = deployment.listen
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close(graceMs = GRACE_MS) {
      stopLooking()
      await drain(server, graceMs)
    },
  }
}

function drain(server: Server | TlsServer, graceMs: number): Promise<void> {
  return new Promise(resolve => {
    const late = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(late)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function limitSources(server: Server | TlsServer, trusted: readonly string[]): void {
  const isTrusted = networkMatcher(trusted)
  const open = new Map<string, number>()
  server.on('connection', socket => {
    const source = socket.remoteAddress ?? ''
    if (isTrusted(source)) return
    const count = (open.get(source) ?? 0) + 1
    if (count > CONNECTIONS_PER_SOURCE_MAX) {
      socket.destroy()
      return
    }
    open.set(source, count)
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1
      if (left > 0) open.set(source, left)
      else open.delete(source)
    })
  })
}

/** What is no HTTP gets 400 and an end: two readings of one request must not be possible (WEB-18). */
function refuseGarbage(server: Server | TlsServer): void {
  server.on('clientError', (error, socket) => {
    const code = 'code' in error ? error.code : ''
    const status = {
      HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
      ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
    }
    const line = Object.entries(status).find(([name]) => name === code)?.[1] ?? '400 Bad Request'
    if (socket.writable && code !== 'ECONNRESET')
      socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    else socket.destroy()
  })
}

type TlsFiles = NonNullable<Deployment['tls']>

const readPair = ({ certFile, keyFile }: TlsFiles) => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
})

/** New connections get the certificate that is in the files now; a pair that does not fit is not taken. */
function renewTls(server: TlsServer, files: TlsFiles, log: Log): () => void {
  let seen = stampOf(files)
  const timer = setInterval(() => {
    const stamp = stampOf(files)
    if (stamp === seen) return
    seen = stamp
    try {
      const pair = readPair(files)
      createSecureContext({ ...pair, minVersion: 'TLSv1.2' })
      server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' })
      log.info('the certificate was renewed')
    } catch (cause) {
      log.error('the changed certificate cannot be used; the former one stays', { cause })
    }
  }, TLS_LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function stampOf({ certFile, keyFile }: TlsFiles): string {
  try {
    return [certFile, keyFile].map(file => `${statSync(file).mtimeMs} ${statSync(file).ino}`).join()
  } catch {
    return 'missing'
  }
}
