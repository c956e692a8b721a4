/** Work that is slow on purpose: so much at once and so many in line, whoever asks (DOS-04). */
export type HashQueue = {
  /**
   * Runs `work` when it is its turn, first come first served. Throws QueueFullError at once where the line is full, and
   * the signal's reason when it is over first; work that runs already keeps its place until it ends.
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>
}

export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
}

/** Two threads of the four that the runtime has for files, names and hashes; 19 MiB each. */
export const HASHES_AT_ONCE = 2
/** At 16 ms each the last one waits for less than a second. */
export const HASHES_WAITING = 100

export function createHashQueue(atOnce = HASHES_AT_ONCE, waitingMax = HASHES_WAITING): HashQueue {
  const line = new Set<() => void>()
  let running = 0

  const leave = (): void => {
    const [next] = line
    if (next) next()
    else running--
  }
  // The place of whoever leaves goes straight to the next in line, so `running` counts it already.
  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        line.delete(go)
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        line.delete(go)
        reject(signal.reason)
      }
      line.add(go)
      signal.addEventListener('abort', giveUp, { once: true })
    })

  return {
    async run(work, signal) {
      signal.throwIfAborted()
      if (running < atOnce) running++
      else if (line.size < waitingMax) await turn(signal)
      else throw new QueueFullError('too much to hash at once')
      const done = work().finally(leave)
      return await orAborted(done, signal)
    },
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
