import type { Clock, Instant } from './clock.ts'

type Ask<T> = (signal: AbortSignal) => Promise<T>

/**
 * One question at a time, and its answer for all who ask within `ms`. Whoever gives up first gets `late`; the question
 * goes on for the others. What throws is not kept.
 */
export function remembered<T>(clock: Clock, ms: number, late: T, ask: Ask<T>): Ask<T> {
  let kept: { readonly answer: T; readonly until: Instant } | null = null
  let asking: Promise<T> | null = null
  const askNow = async (): Promise<T> => {
    try {
      // Others may wait for the same answer: it ends with its own deadline, not with one of theirs.
      const answer = await ask(AbortSignal.any([]))
      kept = { answer, until: clock.now() + ms }
      return answer
    } finally {
      asking = null
    }
  }
  return signal => {
    if (kept && kept.until > clock.now()) return Promise.resolve(kept.answer)
    asking ??= askNow()
    return Promise.race([asking, gaveUp(signal, late)])
  }
}

const gaveUp = <T>(signal: AbortSignal, late: T): Promise<T> =>
  new Promise(resolve => {
    if (signal.aborted) resolve(late)
    else signal.addEventListener('abort', () => resolve(late), { once: true })
  })
