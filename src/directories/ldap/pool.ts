import { DirectoryError } from '../../directory.ts'
import type { Connection } from './connection.ts'

/** Four are the sweet spot; more only add latency (lab page, 3.4). */
export const CONNECTIONS_MAX = 4

/** Beyond this the server is so far behind that waiting helps nobody. */
export const WAITING_MAX = 100

type Waiter = { readonly go: () => void; readonly stop: (error: DirectoryError) => void }

/** Service connections to one server, all bound to the same account. None of them ever carries a user's bind. */
export class Pool {
  readonly #open: (signal: AbortSignal) => Promise<Connection>
  readonly #idle: Connection[] = []
  readonly #waiting: Waiter[] = []
  #busy = 0
  #closed = false

  constructor(open: (signal: AbortSignal) => Promise<Connection>) {
    this.#open = open
  }

  /** Runs `work` on one connection that nobody else uses meanwhile. Throws DirectoryError where the queue is full. */
  async use<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#turn(signal)
    let connection: Connection | undefined
    try {
      connection = this.#usable() ?? (await this.#open(signal))
      return await work(connection)
    } finally {
      this.#giveBack(connection)
    }
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#idle.splice(0)) connection.close()
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new DirectoryError('the directory is closed', false)
    if (this.#busy < CONNECTIONS_MAX) {
      this.#busy++
      return Promise.resolve()
    }
    if (this.#waiting.length >= WAITING_MAX)
      throw new DirectoryError('too many wait for the directory', false)
    return this.#wait(signal)
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          signal.removeEventListener('abort', aborted)
          resolve()
        },
        stop: reject,
      }
      const aborted = (): void => {
        const place = this.#waiting.indexOf(waiter)
        if (place >= 0) this.#waiting.splice(place, 1)
        reject(new DirectoryError('given up while waiting for the directory', false, signal.reason))
      }
      if (signal.aborted) return aborted()
      signal.addEventListener('abort', aborted, { once: true })
      this.#waiting.push(waiter)
    })
  }

  #usable(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.usable) return idle
      idle.close()
    }
    return undefined
  }

  #giveBack(connection: Connection | undefined): void {
    if (connection?.usable && !this.#closed) this.#idle.push(connection)
    else connection?.close()
    const next = this.#waiting.shift()
    if (next) next.go()
    else this.#busy--
  }
}
