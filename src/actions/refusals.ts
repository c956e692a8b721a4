import type { AuditEvent } from '../audit.ts'
import { AppError } from '../errors.ts'
import { sourceBucket } from '../lib/network.ts'
import { type Counter, LIMITS, spend } from '../limit.ts'
import type { Reset } from '../reset.ts'
import { record } from '../step.ts'
import type { World } from './world.ts'

type Refused = Omit<AuditEvent, 'actor' | 'result'>

/** An error that is thrown once its attempt is on record. */
export type RefusedAttempt = {
  readonly source: string
  readonly event: Refused
  readonly error: AppError
}

/** Sources whose refusals are being counted; above this the oldest is forgotten, and its merged number written first. */
const SOURCES_MAX = 10_000

type Flood = { counter: Counter; merged: number }

/** Per world, so that two servers in one test process do not share a count. */
const floods = new WeakMap<World, Map<string, Flood>>()

/**
 * Records a refused or malformed attempt. Above 100 a minute from one source one record a minute with their number
 * stands for the rest (AUD-09, decisions 2.7): a flood can neither fill the disk nor hide other events. Gate attempts
 * on real accounts never come this way; they are recorded with the reset.
 */
export async function noteRefusal(world: World, source: string, refused: Refused): Promise<void> {
  const now = world.clock.now()
  const flood = await floodOf(world, sourceBucket(source))
  const decision = spend(LIMITS.refusalRecords, flood.counter, now)
  const isNewWindow = decision.next.at !== flood.counter.at
  if (isNewWindow && flood.merged > 0) await writeMerged(world, source, flood)
  flood.counter = decision.next
  if (!decision.allowed) {
    flood.merged += 1
    return
  }
  await world.store.transact(tx =>
    tx.audit({ real: false, person: { source }, ...refused, actor: 'person', result: 'refused' }),
  )
}

const onRecord = new WeakSet<AppError>()
/** The web room records what no action did. */
export const isOnRecord = (error: unknown): boolean => error instanceof AppError && onRecord.has(error)

/** Says what to throw. */
export async function refusing(world: World, { source, event, error }: RefusedAttempt): Promise<AppError> {
  await noteRefusal(world, source, event)
  onRecord.add(error)
  return error
}

/** A step of a reset that was refused: on record with its reset. */
export const refusedStep = (
  reset: Reset,
  name: 'reset.wrong_step' | 'reset.challenge_refused' | 'reset.throttled',
  detail: Pick<AuditEvent, 'method' | 'reason'>,
  error: AppError,
): RefusedAttempt => ({ source: reset.source, event: record(reset, name, 'refused', detail).event, error })

/** Housekeeping writes what still stands merged, once a minute. */
export async function flushRefusals(world: World): Promise<void> {
  const now = world.clock.now()
  const all = floods.get(world) ?? new Map<string, Flood>()
  for (const [source, flood] of all) {
    if (now - flood.counter.at < LIMITS.refusalRecords.perMs) continue
    if (flood.merged > 0) await writeMerged(world, source, flood)
    all.delete(source)
  }
}

async function floodOf(world: World, source: string): Promise<Flood> {
  const all = floods.get(world) ?? new Map<string, Flood>()
  floods.set(world, all)
  const flood = all.get(source) ?? { counter: { value: 0, at: 0 }, merged: 0 }
  all.delete(source)
  all.set(source, flood)
  const [oldest] = all
  if (oldest && all.size > SOURCES_MAX) {
    all.delete(oldest[0])
    if (oldest[1].merged > 0) await writeMerged(world, ...oldest)
  }
  return flood
}

async function writeMerged(world: World, source: string, flood: Flood): Promise<void> {
  const { merged } = flood
  flood.merged = 0
  await world.store.transact(tx =>
    tx.audit({
      name: 'flood.merged',
      actor: 'server',
      result: 'refused',
      real: false,
      detail: { merged },
      person: { source },
    }),
  )
}
