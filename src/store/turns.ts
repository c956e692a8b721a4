import { notNow } from './connection.ts'

/** Hands the one writer from caller to caller, in the order they came. */
export type Turns = {
  /** Resolves with the function that gives the turn back; throws `not-now` after `ms`. */
  take(ms: number): Promise<() => void>
}

export function createTurns(): Turns {
  let taken = false
  const waiting = new Set<() => void>()
  const give = (): void => {
    const [next] = waiting
    if (next) next()
    else taken = false
  }
  return {
    take(ms) {
      if (!taken) {
        taken = true
        return Promise.resolve(give)
      }
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(start)
          reject(notNow(new Error('waited too long for the writer')))
        }, ms)
        const start = (): void => {
          waiting.delete(start)
          clearTimeout(timer)
          resolve(give)
        }
        waiting.add(start)
      })
    },
  }
}
