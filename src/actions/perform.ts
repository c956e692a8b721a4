import { hours, type Instant } from '../lib/clock.ts'
import { LIMITS } from '../limit.ts'
import { counts } from '../policy.ts'
import type { Effect, Event, Reset, Stepped } from '../reset.ts'
import { record, step } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings, limitNames } from './current-settings.ts'
import { tellOfReset } from './notice.ts'
import type { World } from './world.ts'

/** How long finished resets are kept for whoever reloads the last page (TOK-16 asks for less than 24 h). */
export const KEEP_FINISHED_MS = hours(12)

/** Decides by `step` and keeps what it decided, effects included, in the transaction that is open. */
export async function perform(world: World, tx: Tx, reset: Reset, event: Event): Promise<Stepped> {
  const now = world.clock.now()
  const stepped = step(reset, event, now)
  if (stepped.reset !== reset) await tx.resets.save(stepped.reset)
  for (const effect of stepped.effects) await act(world, tx, stepped.reset, effect, now)
  return stepped
}

async function act(world: World, tx: Tx, reset: Reset, effect: Effect, now: Instant): Promise<void> {
  switch (effect.do) {
    case 'audit':
      return tx.audit(effect.event)
    case 'tell_owner':
      return tellOfReset(world, tx, reset, effect.about, now)
    case 'end_others':
      return endOthers(world, tx, reset, now)
  }
}

/** A changed password ends every other open reset of the account: its codes die with it, and a pass (TOK-08). */
async function endOthers(world: World, tx: Tx, reset: Reset, now: Instant): Promise<void> {
  await tx.limits.spend(limitNames.finished(reset.subject), LIMITS.finishedResets, now)
  await tx.limits.add(limitNames.lastReset(reset.subject), 1, now)
  await endAccess(world, tx, reset.subject, reset.id)
  await tx.passes.revoke(reset.subject, now)
  await liftHold(tx, reset, now)
}

/**
 * Two gates that have nothing to do with what was disputed lift the hold (decisions 2.4). A reset whose write was on
 * its way when the hold began passed others, and lifts nothing.
 */
async function liftHold(tx: Tx, reset: Reset, now: Instant): Promise<void> {
  const { account, subject, passed } = reset
  const hold = await tx.notices.holdOf(subject, now)
  if (!hold || !account || passed.length < 2) return
  const settings = await currentSettings(tx)
  if (!passed.every(proof => counts(settings, { account, hold }, proof))) return
  await tx.notices.lift(subject)
  await tx.audit(record(reset, 'account.hold_lifted', 'ok').event)
}

/** Ends what is open in the name of an account: other resets, and every sign-in (TOK-08, SES-06). */
export async function endAccess(world: World, tx: Tx, subject: string, but?: string): Promise<void> {
  await endResets(world, tx, subject, but)
  await tx.sessions.endAll(subject)
}

/** Ends the open resets of a subject, all but one where `but` names it. */
export async function endResets(world: World, tx: Tx, subject: string, but?: string): Promise<void> {
  for (const id of await tx.resets.live(subject)) {
    if (id !== but) await endReset(world, tx, id)
  }
}

export async function endReset(world: World, tx: Tx, id: string): Promise<void> {
  const other = await tx.resets.lock(id)
  if (other) await perform(world, tx, other.reset, { kind: 'failed', why: 'cancelled', supportCode: null })
}
