import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { seconds } from '../lib/clock.ts'
import { MESSAGE_BYTES_MAX, type Relay, RelayError } from '../relay.ts'

/** No call of a command takes longer; what a server cannot answer by then is unknown. */
const ASK_MS = seconds(35)

/**
 * Lets other programs of this machine that run as the same account ask the agents whose sockets this server holds: a
 * socket file for its owner alone, HTTP, sealed calls as they are. Whoever opened it could do no more than an agent's
 * line can: calls are signed by keys that lie in the store. Throws where the file cannot be made, or another server has it.
 */
export async function shareRelay(relay: Relay, path: string): Promise<{ close(): Promise<void> }> {
  if (await isAnswered(path)) throw new Error(`another server answers at ${path}`)
  rmSync(path, { force: true })
  const server = createServer((incoming, outgoing) => {
    answer(relay, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const mask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve)
    })
  } finally {
    process.umask(mask)
  }
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

async function answer(relay: Relay, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const [, verb, name = ''] = (incoming.url ?? '').split('/').map(decodeURIComponent)
  if (verb === 'ready' && incoming.method === 'GET') {
    outgoing.end(JSON.stringify(relay.ready(name)))
    return
  }
  if (verb !== 'ask' || incoming.method !== 'POST') {
    outgoing.writeHead(404).end()
    return
  }
  const message = await body(incoming)
  try {
    outgoing.end(await relay.ask(name, message, AbortSignal.timeout(ASK_MS)))
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    outgoing.writeHead(error.sent ? 504 : 503).end()
  }
}

async function body(incoming: IncomingMessage): Promise<Uint8Array> {
  if (Number(incoming.headers['content-length'] ?? Infinity) > MESSAGE_BYTES_MAX)
    throw new Error('the call is too long')
  return buffer(incoming)
}

/**
 * The relay of a server that runs on this machine, for a command. `directories`: those whose agents it may ask. Null: no
 * server answers there.
 */
export async function relayThroughServer(
  path: string,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<Relay | null> {
  const ready = new Map<string, readonly string[]>()
  try {
    for (const directory of directories) {
      const { text } = await send(path, 'GET', ['ready', directory], null, signal)
      // as: our own server wrote it; what is no agent is not in the book.
      ready.set(directory, JSON.parse(text.toString('utf8')) as string[])
    }
  } catch {
    return null
  }
  return {
    ready: directory => ready.get(directory) ?? [],
    ask: (agent, message, limit) => askThrough(path, agent, message, limit),
    cut: () => undefined,
    close: async () => undefined,
  }
}

async function askThrough(
  path: string,
  agent: string,
  message: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (signal.aborted) throw new RelayError('the time was over', false)
  const { status, text } = await send(path, 'POST', ['ask', agent], message, signal).catch(
    (cause: unknown) => {
      throw new RelayError('the server did not answer', !isRefused(cause), cause)
    },
  )
  if (status === 200) return text
  throw new RelayError('the server could not ask the agent', status !== 503)
}

const isRefused = (cause: unknown): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  ['ECONNREFUSED', 'ENOENT', 'EACCES'].includes(String(cause.code))

function send(
  socketPath: string,
  method: 'GET' | 'POST',
  words: readonly string[],
  message: Uint8Array | null,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: Buffer }> {
  const path = `/${words.map(encodeURIComponent).join('/')}`
  const headers = { 'content-length': String(message?.length ?? 0) }
  return new Promise((resolve, reject) => {
    // A connection of its own: one that was kept may be gone, and then nobody knows whether the call was.
    const options = { socketPath, path, method, headers, signal, agent: false } as const
    const outgoing = request(options, incoming => {
      buffer(incoming).then(text => resolve({ status: incoming.statusCode ?? 0, text }), reject)
    })
    outgoing.on('error', reject)
    outgoing.end(message ?? undefined)
  })
}
