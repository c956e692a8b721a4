import { hours, minutes, pause, seconds } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { DECOY_ROWS_MAX, OPEN_RESETS_MAX } from '../limit.ts'
import { PRUNE_MAX, type Tx } from '../store/store.ts'
import { tidyAgentKeys } from './agent-rounds.ts'
import { createCampaignWalk } from './campaign-walk.ts'
import { deliverDue } from './deliver.ts'
import { KEEP_FINISHED_MS } from './perform.ts'
import { flushRefusals } from './refusals.ts'
import { settleDue } from './settle.ts'
import type { World } from './world.ts'

/** How long an unused window of a limit is kept: longer than the longest window, a day. */
const IDLE_LIMIT_MS = hours(25)
const PRUNE_MS = minutes(1)
/** Pieces of `PRUNE_MAX` rows in a minute: more than a flood of 500 starts a second leaves behind, three limits each. */
const PRUNE_PIECES_MAX = 120
const PRUNE_PAUSE_MS = 50
const IDLE_MS = seconds(1)

/** The loops that run beside the requests, until `stop`. One failing round is logged and tried again. */
export function startHousekeeping(world: World): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const holder = newId(world.random)
  const loops = [
    deliverLoop(world, stopped.signal),
    tidyLoop(world, holder, stopped.signal),
    campaignLoop(world, holder, stopped.signal),
  ]
  return {
    async stop() {
      stopped.abort()
      await Promise.all(loops)
    },
  }
}

/** Letters go at once when this process wrote them, else within a second. */
async function deliverLoop(world: World, stopped: AbortSignal): Promise<void> {
  let wake: () => void = () => {}
  world.store.onOutbox(() => wake())
  while (!stopped.aborted) {
    const nudge = new AbortController()
    const woken = new Promise<void>(resolve => {
      wake = resolve
    })
    const sent = await attempt(world, 'deliver', () => deliverDue(world))
    if (!sent) await Promise.race([woken, pause(IDLE_MS, AbortSignal.any([stopped, nudge.signal]))])
    nudge.abort()
  }
}

/** Beside the others: a long page of a directory holds up no letter and no lost answer. */
async function campaignLoop(world: World, holder: string, stopped: AbortSignal): Promise<void> {
  const walk = createCampaignWalk(world, holder)
  while (!stopped.aborted) {
    await attempt(world, 'campaign', walk)
    await pause(IDLE_MS, stopped)
  }
}

async function tidyLoop(world: World, holder: string, stopped: AbortSignal): Promise<void> {
  let prunedAt = 0
  while (!stopped.aborted) {
    await attempt(world, 'settle', () => settleDue(world))
    const now = world.clock.now()
    if (Math.abs(now - prunedAt) >= PRUNE_MS) {
      prunedAt = now
      await attempt(world, 'flush', () => flushRefusals(world))
      await attempt(world, 'prune', () => prune(world, holder, stopped))
    }
    await pause(IDLE_MS, stopped)
  }
}

/** One server prunes at a time, and in small pieces: between two of them people are served. */
export async function prune(
  { store, clock }: World,
  holder: string,
  stopped: AbortSignal = new AbortController().signal,
): Promise<void> {
  const now = clock.now()
  if (!(await store.transact(tx => tx.leases.take('prune', holder, now, now + PRUNE_MS * 2)))) return
  const kinds: ((tx: Tx) => Promise<number>)[] = [
    tx => tx.resets.prune(now, KEEP_FINISHED_MS, OPEN_RESETS_MAX),
    tx => tx.sessions.prune(now),
    tx => tx.passes.prune(now, KEEP_FINISHED_MS),
    tx => tx.limits.prune(now, IDLE_LIMIT_MS, DECOY_ROWS_MAX),
    tx => tx.outbox.expire(now),
    tx => tx.once.prune(now),
    tx => tx.notices.prune(now),
    tx => tx.agentInvitations.prune(now),
    tx => tidyAgentKeys({ clock }, tx),
  ]
  for (const kind of kinds) {
    for (let pieces = 0; pieces < PRUNE_PIECES_MAX && !stopped.aborted; pieces += 1) {
      if ((await store.transact(kind)) < PRUNE_MAX) break
      await pause(PRUNE_PAUSE_MS, stopped)
    }
  }
}

async function attempt<T>(world: World, what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (cause) {
    world.log.error('housekeeping failed and will try again', { what, cause })
    return null
  }
}
