import { seconds } from '../lib/clock.ts'
import { MESSAGE_BYTES_MAX, type Relay, RelayError } from '../relay.ts'

/** An agent that has as many calls open gets no more: its directory is slower than the people are (DOS-08). */
export const OPEN_CALLS_MAX = 64
/** A call that nobody waits for any more still burdens its agent, until no answer can come. */
const FORGOTTEN_MS = seconds(60)

/** The connection of an agent that has said who it is, in the hands of whoever holds the socket. */
export type Line = {
  /** False: nothing of it has left, or will. */
  send(number: number, message: Uint8Array): boolean
  end(): void
}

export type Seat = {
  /** What the agent answered; an answer that nobody waits for is dropped. */
  answered(number: number, message: Uint8Array): void
  /** The connection is gone: whatever was asked on it may have been acted on. */
  lost(): void
}

export interface LocalRelay extends Relay {
  /** Takes the place of an earlier connection of this agent, which ends. */
  seat(agent: string, line: Line): Seat
  /** Whether a connection of this agent stands. */
  isConnected(agent: string): boolean
}

type Call = { readonly resolve: (answer: Uint8Array) => void; readonly reject: (error: Error) => void }
type Connection = {
  readonly line: Line
  readonly calls: Map<number, Call | null>
  nextNumber: number
  askedAt: number
}

/**
 * One server, the agents' sockets in its hands: no further component. `directoryOf` says whose calls an agent may be
 * given now; null for one that is not confirmed, or revoked.
 */
export function createLocalRelay(directoryOf: (agent: string) => string | null): LocalRelay {
  const connections = new Map<string, Connection>()
  let turn = 0

  const end = (agent: string, connection: Connection, why: string): void => {
    if (connections.get(agent) === connection) connections.delete(agent)
    for (const call of connection.calls.values()) call?.reject(new RelayError(why, true))
    connection.calls.clear()
  }
  const cut = (agent: string, why: string): void => {
    const connection = connections.get(agent)
    if (!connection) return
    end(agent, connection, why)
    connection.line.end()
  }
  return {
    ready: directory =>
      [...connections]
        .filter(([agent, { calls }]) => directoryOf(agent) === directory && calls.size < OPEN_CALLS_MAX)
        .sort(([, a], [, b]) => a.calls.size - b.calls.size || a.askedAt - b.askedAt)
        .map(([agent]) => agent),
    async ask(agent, message, signal) {
      const connection = connections.get(agent)
      if (!connection || directoryOf(agent) === null)
        throw new RelayError('the agent is not connected', false)
      if (message.length > MESSAGE_BYTES_MAX) throw new RelayError('the call is too long', false)
      if (connection.calls.size >= OPEN_CALLS_MAX) throw new RelayError('the agent is busy', false)
      if (signal.aborted) throw new RelayError('the time was over', false)
      turn += 1
      connection.askedAt = turn
      return askOn(connection, message, signal)
    },
    cut: agent => cut(agent, 'the agent was cut off'),
    isConnected: agent => connections.has(agent),
    seat(agent, line) {
      cut(agent, 'the agent connected anew')
      const connection: Connection = { line, calls: new Map(), nextNumber: 1, askedAt: 0 }
      connections.set(agent, connection)
      return {
        answered(number, message) {
          const call = connection.calls.get(number)
          connection.calls.delete(number)
          call?.resolve(message)
        },
        lost: () => end(agent, connection, 'the connection was lost'),
      }
    },
    async close() {
      for (const agent of [...connections.keys()]) cut(agent, 'the server stops')
    },
  }
}

function askOn(connection: Connection, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const { calls, line } = connection
  const number = connection.nextNumber
  connection.nextNumber = (number % 0xffff_ffff) + 1
  return new Promise((resolve, reject) => {
    const late = (): void => {
      calls.set(number, null)
      setTimeout(() => calls.delete(number), FORGOTTEN_MS).unref()
      reject(new RelayError('no answer came in time', true))
    }
    const settled = (): void => signal.removeEventListener('abort', late)
    const call: Call = {
      resolve: answer => {
        settled()
        resolve(answer)
      },
      reject: error => {
        settled()
        reject(error)
      },
    }
    calls.set(number, call)
    if (!line.send(number, message)) {
      calls.delete(number)
      reject(new RelayError('the connection takes nothing', false))
      return
    }
    signal.addEventListener('abort', late, { once: true })
  })
}
