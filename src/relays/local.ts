import { seconds } from '../lib/clock.ts'
import { type Line, MESSAGE_BYTES_MAX, type Relay, RelayError, type Seating } from '../relay.ts'

/** An agent that has as many calls open gets no more: its directory is slower than the people are (DOS-08). */
export const OPEN_CALLS_MAX = 64
/** A call that nobody waits for any more still burdens its agent, until no answer can come. */
const FORGOTTEN_MS = seconds(60)

export type LocalRelay = Relay & { readonly seat: Seating }

type Call = { readonly resolve: (answer: Uint8Array) => void; readonly reject: (error: Error) => void }
type Connection = {
  readonly line: Line
  readonly calls: Map<number, Call | null>
  isLeaving: boolean
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
        .filter(([agent, connection]) => directoryOf(agent) === directory && mayAsk(connection))
        .sort(([, a], [, b]) => a.calls.size - b.calls.size || a.askedAt - b.askedAt)
        .map(([agent]) => agent),
    async ask(agent, message, signal) {
      const connection = connections.get(agent)
      if (!connection || directoryOf(agent) === null)
        throw new RelayError('the agent is not connected', false)
      if (message.length > MESSAGE_BYTES_MAX) throw new RelayError('the call is too long', false)
      if (!mayAsk(connection)) throw new RelayError('the agent is busy, or leaves', false)
      if (signal.aborted) throw new RelayError('the time was over', false)
      turn += 1
      connection.askedAt = turn
      return askOn(connection, message, signal)
    },
    cut: agent => cut(agent, 'the agent was cut off'),
    seat(agent, line) {
      cut(agent, 'the agent connected anew')
      const connection: Connection = { line, calls: new Map(), isLeaving: false, nextNumber: 1, askedAt: 0 }
      connections.set(agent, connection)
      return {
        answered(number, message) {
          const call = connection.calls.get(number)
          connection.calls.delete(number)
          call?.resolve(message)
        },
        leaves() {
          connection.isLeaving = true
        },
        lost: () => end(agent, connection, 'the connection was lost'),
      }
    },
    async close() {
      for (const agent of [...connections.keys()]) cut(agent, 'the server stops')
    },
  }
}

const mayAsk = ({ calls, isLeaving }: Connection): boolean => !isLeaving && calls.size < OPEN_CALLS_MAX

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
