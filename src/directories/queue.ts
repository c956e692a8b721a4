import { DirectoryError } from '../directory.ts'

export type Queue = {
  readonly isFull: () => boolean
  /** Resolves when it is this caller's turn; throws DirectoryError when the signal is over first. Then `leave`. */
  readonly turn: (signal: AbortSignal) => Promise<void>
  readonly leave: () => void
  readonly running: () => number
  readonly waiting: () => number
}

/** First come, first served. */
export function createQueue(runningMax: number, waitingMax: number): Queue {
  const waiting: (() => void)[] = []
  let running = 0
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', gaveUp)
        resolve()
      }
      const gaveUp = (): void => {
        waiting.splice(waiting.indexOf(go), 1)
        reject(new DirectoryError('given up while waiting', false, signal.reason))
      }
      waiting.push(go)
      signal.addEventListener('abort', gaveUp, { once: true })
    })
  return {
    isFull: () => running >= runningMax && waiting.length >= waitingMax,
    turn: async signal => {
      if (signal.aborted) throw new DirectoryError('given up before asking', false, signal.reason)
      // The place of whoever leaves goes straight to the next, so `running` counts it already.
      if (running >= runningMax) return await wait(signal)
      running++
    },
    leave: () => {
      const next = waiting.shift()
      if (next) next()
      else running--
    },
    running: () => running,
    waiting: () => waiting.length,
  }
}
