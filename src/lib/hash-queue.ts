type Work<T> = () => Promise<T>

/**
 * Work that is slow on purpose: so much at once and so much in line (DOS-04). There are two lines, of works that come alone
 * and of batches. Each is served in its order, and where both wait, in turn: neither can hold up the other. No two works of
 * batches run at once, and none begins beside one that came alone before it: a place is left for what comes alone, and mostly
 * the whole machine. It never waits for more than one of those, however many come.
 */
export type HashQueue = {
  /**
   * Runs `work` when it is its turn. Throws QueueFullError at once where its line is full, and the signal's reason when it
   * is over first; work that runs already keeps its place until it ends.
   */
  run<T>(work: Work<T>, signal: AbortSignal): Promise<T>
  /** Runs `work` for each of a batch, one after the other, before the next batch begins. Throws as `run` does. */
  runAll<I, T>(batch: readonly I[], work: (each: I) => Promise<T>, signal: AbortSignal): Promise<T[]>
}

export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'
}

/** Two threads of the four that the runtime has for files, names and hashes; 19 MiB each. */
export const HASHES_AT_ONCE = 2
/** At 16 ms each the last one waits for less than a second, and beside batches for less than two. */
export const HASHES_WAITING = 100
/** At five hashes of 16 ms each the last one waits for four seconds. */
export const BATCHES_WAITING = 50

export function createHashQueue(
  atOnce = HASHES_AT_ONCE,
  waitingMax = HASHES_WAITING,
  batchesMax = BATCHES_WAITING,
): HashQueue {
  const places = createPlaces(atOnce, waitingMax)
  const batches = createPlaces(1, batchesMax)
  return {
    run: (work, signal) => orAborted(places.hold('alone', work, signal), signal),
    runAll(batch, work, signal) {
      const inOrder = async () => {
        const done = []
        for (const each of batch) done.push(await places.hold('batch', () => work(each), signal))
        return done
      }
      return orAborted(batches.hold('alone', inOrder, signal), signal)
    },
  }
}

type Kind = 'alone' | 'batch'

/** `hold` lasts as long as `work` does, and gives up only before it began. */
type Places = { hold<T>(kind: Kind, work: Work<T>, signal: AbortSignal): Promise<T> }

function createPlaces(atOnce: number, waitingMax: number): Places {
  // No more than one of all batches comes to the places at once.
  const lines = { alone: createLine(waitingMax), batch: createLine(1) }
  const running = { alone: 0, batch: 0 }
  const isFree = (kind: Kind): boolean =>
    running.alone + running.batch < atOnce && (kind === 'alone' || running.alone === 0)

  // The place of whoever leaves goes straight to the next in line. The work of a batch goes first: that is in turn, since the
  // next one of its batch comes to its line only after the place of this one was given away.
  const leave = (kind: Kind): void => {
    running[kind]--
    const next = (['batch', 'alone'] as const).find(each => lines[each].size() > 0)
    if (next === undefined) return
    running[next]++
    lines[next].next()
  }
  return {
    async hold(kind, work, signal) {
      signal.throwIfAborted()
      if (isFree(kind)) running[kind]++
      else await lines[kind].turn(signal)
      try {
        return await work()
      } finally {
        leave(kind)
      }
    },
  }
}

type Line = {
  size(): number
  /** Lets the first one go. */
  next(): void
  turn(signal: AbortSignal): Promise<void>
}

function createLine(max: number): Line {
  const waiting = new Set<() => void>()
  return {
    size: () => waiting.size,
    next() {
      const [first] = waiting
      first?.()
    },
    turn(signal) {
      if (waiting.size >= max) return Promise.reject(new QueueFullError('too much to hash at once'))
      return new Promise((resolve, reject) => {
        const go = (): void => {
          waiting.delete(go)
          signal.removeEventListener('abort', giveUp)
          resolve()
        }
        const giveUp = (): void => {
          waiting.delete(go)
          reject(signal.reason)
        }
        waiting.add(go)
        signal.addEventListener('abort', giveUp, { once: true })
      })
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
