import { deadline, hours, type Instant, minutes, seconds } from '../lib/clock.ts'
import type { Event, Reset } from '../reset.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings } from './current-settings.ts'
import { directoryOf } from './find-account.ts'
import { noticed, tellOutcome } from './notice.ts'
import { perform } from './perform.ts'
import { tellAdministrators } from './tell.ts'
import type { World } from './world.ts'

/** A directory that has not answered a write by then is asked later what became of it (decisions 4.9). */
export const WRITE_MS = 30_000
/** The first look after a lost answer; each later gap is half as long as the doubt is old, 10 minutes at most. */
export const FIRST_LOOK_MS = seconds(2)
const GAP_MAX_MS = minutes(10)
/** While the directory is away: a minute after it is back nobody is in doubt any more (INV-9). */
const GAP_MAX_AWAY_MS = seconds(30)
/** A slow directory may still be writing: "unchanged" is believed only when no deadline can still run. */
const GRACE_MS = seconds(30)
/** A write that is older does not arrive any more. */
export const ARRIVES_MS = WRITE_MS + GRACE_MS
const GIVE_UP_MS = hours(24)
const READ_MS = 5_000

/** Looks at every write whose answer was lost or whose server died, and moves what can be read (decisions 4.9). */
export async function settleDue(world: World): Promise<number> {
  const due = await world.store.read(tx => tx.resets.unsettled(world.clock.now(), 50))
  for (const id of due) await settle(world, id)
  return due.length
}

export async function settle(world: World, id: string): Promise<void> {
  const stored = await world.store.read(tx => tx.resets.lock(id))
  if (!stored) return
  const { reset } = stored
  if (reset.phase.name !== 'writing' && reset.phase.name !== 'uncertain') return
  const age = world.clock.now() - reset.phase.since
  const read = await readOutcome(world, reset)
  await world.store.transact(async tx => {
    const locked = await tx.resets.lock(id)
    // What was read tells of this write alone; another server may have settled it meanwhile.
    if (locked && isSameWrite(locked.reset, reset)) await conclude(world, tx, locked.reset, read, age)
  })
}

const isSameWrite = (a: Reset, b: Reset): boolean =>
  'key' in a.phase && 'key' in b.phase && a.phase.key === b.phase.key

type Read = 'changed' | 'unchanged' | 'unknown' | 'unreachable'

async function readOutcome(world: World, { account, goal }: Reset): Promise<Read> {
  if (!account) return 'unknown'
  const directory = directoryOf(world, account.ref)
  try {
    if (goal === 'password') return await directory.outcome(account.ref, account.mark, deadline(READ_MS))
    const now = await directory.read(account.ref, deadline(READ_MS))
    return now === null ? 'unknown' : now.locked ? 'unchanged' : 'changed'
  } catch (cause) {
    world.log.warn('a lost answer cannot be settled yet', { directory: directory.name, cause })
    return 'unreachable'
  }
}

async function conclude(world: World, tx: Tx, reset: Reset, read: Read, age: number): Promise<void> {
  if (reset.phase.name !== 'writing' && reset.phase.name !== 'uncertain') return
  const now = world.clock.now()
  // A server that died while writing left `writing` behind: from its deadline on the answer is lost, on record.
  if (reset.phase.name === 'writing' && age < WRITE_MS)
    return tx.resets.lookAgain(reset.id, now + WRITE_MS - age)
  const doubtful = (await perform(world, tx, reset, { kind: 'lost' })).reset
  const event = eventFor(read, age, reset.phase.overtaken ?? false)
  if (event) await perform(world, tx, doubtful, event)
  else if (age >= GIVE_UP_MS) await giveUp(world, tx, doubtful, now)
  else {
    const longest = read === 'unreachable' ? GAP_MAX_AWAY_MS : GAP_MAX_MS
    await tx.resets.lookAgain(reset.id, now + Math.min(Math.max(age / 2, FIRST_LOOK_MS), longest))
  }
}

/** Where somebody else wrote since, nobody can tell whose password it is (decisions 1.5). */
function eventFor(read: Read, age: number, isOvertaken: boolean): Event | null {
  if (read === 'changed') return isOvertaken ? null : { kind: 'written' }
  if (read === 'unchanged' && age >= ARRIVES_MS) return { kind: 'unwritten' }
  return null
}

/** After a day nobody will know: the reset ends, owner and helpdesk are told, and the record says that it is unknown. */
async function giveUp(world: World, tx: Tx, reset: Reset, now: Instant): Promise<void> {
  await tx.audit({ ...record(reset, 'reset.settled', 'unknown', { reason: 'given_up' }).event })
  await perform(world, tx, reset, { kind: 'given_up' })
  if (!reset.account) return
  await tellOutcome(world, tx, noticed(reset, reset.account, now), 'unknown')
  const { displayName, login } = reset.account
  const alert = {
    kind: 'unknown_outcome_alert',
    displayName,
    login,
    at: now,
    reference: reset.reference,
  } as const
  await tellAdministrators(tx, await currentSettings(tx), alert, now)
}
