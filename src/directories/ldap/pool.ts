import { DirectoryError } from '../../directory.ts'
import { minutes, stopwatch } from '../../lib/clock.ts'
import { createQueue } from '../queue.ts'
import type { Connection } from './connection.ts'

/** Four are the sweet spot; more only add latency (lab page, 3.4). */
const CONNECTIONS_MAX = 4

/** Beyond this the server is so far behind that waiting helps nobody. */
const WAITING_MAX = 100

/** After this a firewall may have forgotten the connection without telling anybody. */
const IDLE_MS_MAX = minutes(1)

/** Service connections to one server, all bound to the same account. None of them ever carries a user's bind. */
export class Pool {
  readonly #open: (signal: AbortSignal) => Promise<Connection>
  readonly #queue = createQueue(CONNECTIONS_MAX, WAITING_MAX)
  readonly #idle: { readonly connection: Connection; readonly idleMs: () => number }[] = []
  #closed = false

  constructor(open: (signal: AbortSignal) => Promise<Connection>) {
    this.#open = open
  }

  /** Runs `work` on one connection that nobody else uses meanwhile. Throws DirectoryError where the queue is full. */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#closed) throw new DirectoryError('the directory is closed', false)
    if (this.#queue.isFull()) throw new DirectoryError('too many wait for the directory', false)
    await this.#queue.turn(signal)
    let connection: Connection | undefined
    try {
      connection = this.#usable() ?? (await this.#open(signal))
      return await work(connection)
    } finally {
      this.#giveBack(connection)
      this.#queue.leave()
    }
  }

  close(): void {
    this.#closed = true
    for (const { connection } of this.#idle.splice(0)) connection.close()
  }

  #usable(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.connection.usable && idle.idleMs() < IDLE_MS_MAX) return idle.connection
      idle.connection.close()
    }
    return undefined
  }

  #giveBack(connection: Connection | undefined): void {
    if (connection?.usable && !this.#closed) this.#idle.push({ connection, idleMs: stopwatch() })
    else connection?.close()
  }
}
