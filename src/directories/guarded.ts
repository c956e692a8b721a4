import { type Directory, DirectoryError, type Health, NotAskedError } from '../directory.ts'
import { type Clock, deadline, seconds } from '../lib/clock.ts'
import { remembered } from '../lib/remembered.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { createQueue, type Queue } from './queue.ts'

export type GuardLimits = {
  /** Milliseconds (INV-7). */
  readonly readMs: number
  readonly writeMs: number
  /** Calls at once, and calls that wait for their turn; one more is turned away. */
  readonly running: number
  readonly waiting: number
  /** Consecutive failures after which nobody is asked any more, and for how long. */
  readonly failures: number
  readonly restMs: number
  /** How long the answer of `check` is good for; it is asked before every start of a reset. */
  readonly healthMs: number
}

export const GUARD_LIMITS: GuardLimits = {
  readMs: seconds(5),
  writeMs: seconds(30),
  running: 32,
  waiting: 200,
  failures: 5,
  restMs: seconds(5),
  healthMs: seconds(5),
}

/** Since the start, for logs and reports. `turnedAway`: by a full queue or while the directory rests. */
export type GuardCounts = {
  readonly calls: number
  readonly failures: number
  readonly turnedAway: number
  readonly rests: number
  readonly running: number
  readonly waiting: number
}

export type Guarded = Directory & { readonly counts: () => GuardCounts }

export type GuardLog = (
  event: 'directory_resting' | 'directory_back' | 'directory_full',
  name: string,
) => void

/**
 * A directory that cannot hold up whoever asks: a deadline for every call, so many at once and so many waiting, and
 * a rest after failures in a row. A call that is turned away throws NotAskedError. `check` answers
 * from memory for a few seconds and never throws.
 */
export function guarded(
  directory: Directory,
  clock: Clock,
  limits: GuardLimits = GUARD_LIMITS,
  log: GuardLog = () => undefined,
): Guarded {
  const queue = createQueue(limits.running, limits.waiting)
  const breaker = createBreaker(clock, limits, resting =>
    log(resting ? 'directory_resting' : 'directory_back', directory.name),
  )
  const tally = { calls: 0, failures: 0, turnedAway: 0 }
  const guard: Guard = { queue, breaker, tally, full: () => log('directory_full', directory.name) }
  const reads = <T>(signal: AbortSignal, call: Call<T>): Promise<T> =>
    ask(guard, limits.readMs, false, signal, call)
  const writes = <T>(signal: AbortSignal, call: Call<T>): Promise<T> =>
    ask(guard, limits.writeMs, true, signal, call)
  return {
    name: directory.name,
    get can() {
      return directory.can
    },
    domains: directory.domains,
    find: (login, signal) => reads(signal, limit => directory.find(login, limit)),
    findBy: (attribute, text, signal) => reads(signal, limit => directory.findBy(attribute, text, limit)),
    read: (ref, signal) => reads(signal, limit => directory.read(ref, limit)),
    authenticate: (ref, password, signal) =>
      reads(signal, limit => directory.authenticate(ref, password, limit)),
    setPassword: (ref, write, signal) => writes(signal, limit => directory.setPassword(ref, write, limit)),
    changePassword: (ref, change, signal) =>
      writes(signal, limit => directory.changePassword(ref, change, limit)),
    unlock: (ref, signal) => writes(signal, limit => directory.unlock(ref, limit)),
    search: (text, page, signal) => reads(signal, limit => directory.search(text, page, limit)),
    groups: (text, page, signal) => reads(signal, limit => directory.groups(text, page, limit)),
    members: (group, page, signal) => reads(signal, limit => directory.members(group, page, limit)),
    outcome: (ref, mark, signal) => reads(signal, limit => directory.outcome(ref, mark, limit)),
    check: remembered(clock, limits.healthMs, DOWN, signal => health(directory, signal, reads)),
    close: () => directory.close(),
    counts: () => ({ ...tally, rests: breaker.rests(), running: queue.running(), waiting: queue.waiting() }),
  }
}

type Call<T> = (signal: AbortSignal) => Promise<T>

type Guard = {
  readonly queue: Queue
  readonly breaker: Breaker
  readonly tally: { calls: number; failures: number; turnedAway: number }
  readonly full: () => void
}

async function ask<T>(
  { queue, breaker, tally, full }: Guard,
  ms: number,
  writes: boolean,
  signal: AbortSignal,
  call: Call<T>,
): Promise<T> {
  tally.calls++
  const limit = deadline(ms, signal)
  if (queue.isFull() || !breaker.mayAsk()) {
    tally.turnedAway++
    if (queue.isFull()) full()
    throw new NotAskedError('the directory is not asked now')
  }
  try {
    await queue.turn(limit)
    try {
      const answer = await within(limit, writes, () => call(limit))
      breaker.succeeded()
      return answer
    } finally {
      queue.leave()
    }
  } catch (error) {
    tally.failures++
    // Whoever gave up by themselves says nothing about the directory; nor does a line that is full.
    if (signal.aborted || error instanceof NotAskedError) breaker.abandoned()
    else breaker.failed()
    throw error
  }
}

/** How long after the end of its signal a directory may still say how it ended. */
const GRACE_MS = 100

/** Ends with the signal even where the directory does not; then nobody knows whether a write left. */
function within<T>(signal: AbortSignal, writes: boolean, call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new DirectoryError('no answer in time', writes, signal.reason))
    // The directory hears of the end too, and knows better whether a write left.
    const end = (): void => void setTimeout(late, GRACE_MS)
    signal.addEventListener('abort', end, { once: true })
    call()
      .then(resolve, (error: unknown) =>
        reject(
          error instanceof DirectoryError ? error : new DirectoryError('the directory failed', writes, error),
        ),
      )
      .finally(() => signal.removeEventListener('abort', end))
  })
}

const DOWN: Health = { reachable: false, writable: false, warnings: [] }

/** A directory that says it is out of reach is a failure like any other: the rest begins or goes on. */
async function health(
  directory: Directory,
  signal: AbortSignal,
  reads: (signal: AbortSignal, call: Call<Health>) => Promise<Health>,
): Promise<Health> {
  let found = DOWN
  try {
    return await reads(signal, async limit => {
      found = await directory.check(limit)
      if (!found.reachable) throw new DirectoryError('out of reach', false)
      return found
    })
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    return found
  }
}
