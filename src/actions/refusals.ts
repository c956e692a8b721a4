import type { AuditEvent } from '../audit.ts'
import { sourceBucket } from '../lib/network.ts'
import { type Counter, LIMITS, spend } from '../limit.ts'
import type { World } from './world.ts'

type Refused = Pick<AuditEvent, 'name' | 'reason' | 'subject' | 'reset' | 'reference' | 'method'>

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
  const flood = floodOf(world, sourceBucket(source))
  const decision = spend(LIMITS.refusalRecords, flood.counter, now)
  const isNewWindow = decision.next.at !== flood.counter.at
  if (isNewWindow && flood.merged > 0) await writeMerged(world, source, flood)
  flood.counter = decision.next
  if (!decision.allowed) {
    flood.merged += 1
    return
  }
  await world.store.transact(tx =>
    tx.audit({ actor: 'person', result: 'refused', real: false, person: { source }, ...refused }),
  )
}

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

function floodOf(world: World, source: string): Flood {
  const all = floods.get(world) ?? new Map<string, Flood>()
  floods.set(world, all)
  const flood = all.get(source) ?? { counter: { value: 0, at: 0 }, merged: 0 }
  all.delete(source)
  all.set(source, flood)
  const [oldest] = all.keys()
  if (all.size > SOURCES_MAX && oldest !== undefined) all.delete(oldest)
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
