// A flood of starts for people who are not there, each from a network of its own (security.md DOS-06).
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { builtinRig } from '../../rig/builtin.ts'
import { tempFolder } from '../../rig/child.ts'
import { loadOfMachine } from '../../rig/timing.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createNone } from '../bot-checks/none.ts'
import { AppError } from '../errors.ts'
import { minutes } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { DECOY_ROWS_MAX, OPEN_RESETS_MAX } from '../limit.ts'
import { prune } from './housekeeping.ts'
import { chooseMethod } from './prove.ts'
import { startReset } from './start.ts'

/** 500 a second, more than the fastest run of the bench finishes; together more than every bound. */
const STARTS_PER_MINUTE = 30_000
const MINUTES = 10
const AT_ONCE = 64
/** Of the heap, from the second minute to the last. */
const GROWTH_MB_MAX = 48

let world: TestWorld
let file: string
const closing: (() => unknown)[] = []

beforeAll(async () => {
  const folder = tempFolder('flood')
  const rig = await builtinRig()
  file = join(folder.path, 'store.db')
  world = await testWorld([rig.directory], { file, clock: rig.clock })
  world = { ...world, botCheck: createNone(systemRandom) }
  closing.push(
    () => world.store.close(),
    () => rig.stop(),
    () => folder.remove(),
  )
})
afterAll(async () => {
  for (const close of closing) await close()
})

let started = 0
let refused = 0

/** One visit: a login and a /64 that nobody used before; every tenth asks for a code too. */
async function visit(): Promise<void> {
  started += 1
  const number = started
  const source = `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`
  const wanted = {
    login: `nobody${number}`,
    botCheck: '',
    goal: 'password',
    locale: 'en',
    shared: false,
  } as const
  const caller = { source, browser: null, provedBefore: () => false }
  const { reset, token } = await startReset(world, wanted, caller)
  const email = reset.options.find(({ method }) => method === 'email')
  if (number % 10 === 0 && email) await chooseMethod(world, { id: reset.id, token }, email.id)
}

/** A machine that stands still for seconds makes the directory give up: that start is refused, and leaves no row. */
async function tryVisit(): Promise<void> {
  await visit().catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'not-now') throw error
    refused += 1
  })
}

async function minuteOfFlood(): Promise<void> {
  const end = started + STARTS_PER_MINUTE
  const worker = async (): Promise<void> => {
    while (started < end) await tryVisit()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  world.clock.advance(minutes(1))
}

const TABLES = ['resets', 'limits', 'once', 'outbox', 'enrollments', 'account_keys'] as const

function rows(): Record<(typeof TABLES)[number], number> {
  const db = new DatabaseSync(file, { readOnly: true })
  const count = (table: string): number =>
    Number(db.prepare(`select count(*) as rows from ${table}`).get()?.['rows'])
  const [resets = 0, limits = 0, once = 0, outbox = 0, enrollments = 0, account_keys = 0] = TABLES.map(count)
  db.close()
  return { resets, limits, once, outbox, enrollments, account_keys }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void // as: the flag above makes it

const megabytes = (): { heap: number; whole: number } => {
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 1e6, whole: rss / 1e6 }
}

it('fills no table beyond its bound, and no memory', async () => {
  const heaps: number[] = []
  const from = performance.now()
  for (let minute = 1; minute <= MINUTES; minute++) {
    await minuteOfFlood()
    await prune(world, 'flood')
    const memory = megabytes()
    heaps.push(memory.heap)
    const counted = rows()
    console.log(
      `DOS-06, minute ${minute}: ${started} starts (${refused} refused) in ${((performance.now() - from) / 1000).toFixed(0)} s (${loadOfMachine()}), ${JSON.stringify(counted)}, heap ${memory.heap.toFixed(0)} MB, process ${memory.whole.toFixed(0)} MB`,
    )
    expect(counted.limits).toBeLessThanOrEqual(DECOY_ROWS_MAX)
    expect(counted.resets).toBeLessThanOrEqual(OPEN_RESETS_MAX)
    // Solved bot checks live for a minute, codes for ten.
    expect(counted.once).toBeLessThanOrEqual(2 * STARTS_PER_MINUTE)
    expect(counted.outbox).toBeLessThanOrEqual((11 * STARTS_PER_MINUTE) / 10)
    expect([counted.enrollments, counted.account_keys]).toEqual([0, 0])
  }
  expect(started).toBeGreaterThanOrEqual(STARTS_PER_MINUTE * MINUTES)
  expect(refused).toBeLessThan(started / 100)
  expect((heaps.at(-1) ?? 0) - (heaps[1] ?? 0)).toBeLessThan(GROWTH_MB_MAX)
})
