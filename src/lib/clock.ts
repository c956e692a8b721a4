/** A moment: milliseconds since the Unix epoch, UTC. Plain data, so that state can be stored as it is. */
export type Instant = number

/** The only source of time. Everything that decides takes an Instant as an argument. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => Date.now() }

export const seconds = (n: number): number => n * 1_000
export const minutes = (n: number): number => n * 60_000
export const hours = (n: number): number => n * 3_600_000
export const days = (n: number): number => n * 86_400_000

/** RFC 3339 in UTC, milliseconds kept. */
export const toRfc3339 = (at: Instant): string => new Date(at).toISOString()

/** Milliseconds of real time since an earlier reading; monotonic, for measuring and never for deciding. */
export const stopwatch = (): (() => number) => {
  const from = performance.now()
  return () => performance.now() - from
}

/** Aborts after `ms`, and when `parent` does. */
export const deadline = (ms: number, parent?: AbortSignal): AbortSignal =>
  parent ? AbortSignal.any([parent, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms)

/** Real time that passes; for long polls and loops of the server, never for rules. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
