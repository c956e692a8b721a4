import { isIP } from 'node:net'
import { WebSocket } from 'ws'
import { FRAME_BYTES_MAX } from '../agent-frame.ts'
import type { Beat } from '../agent-note.ts'
import { type Clock, pause, seconds, stopwatch } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Random } from '../lib/random.ts'
import type { IdentityFile } from './identity.ts'
import { Session } from './session.ts'
import { connectionOptions, type Transport } from './transport.ts'

export type LinkOptions = {
  /** The server's public address: https, or http on loopback. */
  readonly server: string
  readonly transport: Transport
  readonly identity: IdentityFile
  /** One call as it came; null where nobody can be answered. */
  answer(call: Uint8Array): Promise<Uint8Array | null>
  /** How this agent and its directory are now; asked every 15 s. */
  beat(): Promise<Beat>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export type Link = {
  /** The server has accepted this agent on the connection that stands now. */
  isUp(): boolean
  /** Says at once how things are, where they have changed. */
  beatNow(): void
  /** Makes and announces a new pair; goes on by itself when the connection is lost meanwhile. */
  roll(): void
  /** No more calls are taken; those under way are answered, for up to 35 s. */
  close(): Promise<void>
}

const OPEN_MS = seconds(10)
/** Waits between two tries: doubling, and never the same for two agents that lost one server. */
const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = seconds(10)
/** A connection that stood as long was a good one. */
const GOOD_MS = seconds(10)
/** A write takes up to 30 s (security.md INV-7). */
const GRACE_MS = seconds(35)

/** The agent's one outbound connection, kept alive until `close`. Nothing listens. */
export function openLink(options: LinkOptions): Link {
  const stopped = new AbortController()
  let session: Session | null = null
  const run = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted; ) {
      const stood = stopwatch()
      session = connect(options)
      const why = await session.ended
      session = null
      if (stopped.signal.aborted) return
      failures = stood() > GOOD_MS ? 0 : failures + 1
      options.log.warn('the connection to the server is gone, and is tried again', { why })
      await pause(waitBefore(failures, options.random), stopped.signal)
    }
  }
  const running = run()
  return {
    isUp: () => session?.isUp() ?? false,
    beatNow: () => session?.beat(),
    roll: () => session?.roll(),
    async close() {
      stopped.abort()
      await session?.leave(GRACE_MS)
      await running
    },
  }
}

/** From half of the wait to all of it. */
export function waitBefore(failures: number, random: Random): number {
  const most = Math.min(RETRY_FIRST_MS * 2 ** Math.min(failures, 10), RETRY_MAX_MS)
  return most / 2 + random.below(most / 2 + 1)
}

function connect(options: LinkOptions): Session {
  const url = connectionUrl(options.server)
  const { checkServerIdentity, ...rest } = {
    checkServerIdentity: undefined,
    ...connectionOptions(options.transport, new URL(options.server)),
  }
  const socket = new WebSocket(url, {
    ...rest,
    // as: node:tls wants an Error or nothing; the types of ws speak of another time.
    ...(checkServerIdentity ? { checkServerIdentity: checkServerIdentity as unknown as () => boolean } : {}),
    handshakeTimeout: OPEN_MS,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    followRedirects: false,
  })
  return new Session(socket, options)
}

/** Throws where the server would be reached without TLS across a network. */
export function connectionUrl(server: string): URL {
  const url = new URL('/agent/v1/connection', server)
  const { hostname } = url
  const isLoopback =
    ['localhost', '[::1]'].includes(hostname) || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new Error('the server is reached by https, or by http on loopback')
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}
