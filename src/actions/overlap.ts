import { AppError } from '../errors.ts'
import { isWriting, type Reset } from '../reset.ts'
import type { Tx } from '../store/store.ts'
import { perform } from './perform.ts'
import { ARRIVES_MS } from './settle.ts'
import type { World } from './world.ts'

/** The resets of an account whose write is not settled, locked; all but one where `but` names it. */
export async function inDoubt(tx: Tx, subject: string, but?: string): Promise<Reset[]> {
  const doubtful: Reset[] = []
  for (const id of await tx.resets.live(subject)) {
    const stored = id === but ? null : await tx.resets.lock(id)
    if (stored && isWriting(stored.reset)) doubtful.push(stored.reset)
  }
  return doubtful
}

/**
 * May this reset write while `others` are in doubt? Not while a write of theirs may still arrive: it would replace what was
 * told to be the new password, and nobody could say whose the changed one is (INV-1). Null: it may.
 */
export function waitFor(world: World, others: readonly Reset[]): AppError | null {
  const now = world.clock.now()
  const arrives = others.map(({ phase }) => ('since' in phase ? phase.since + ARRIVES_MS : 0))
  const wait = Math.max(0, ...arrives) - now
  if (wait <= 0) return null
  const message =
    'An earlier new password of this account is still being checked. Please try again in a minute.'
  return new AppError('not-now', message, { retryAfterSeconds: Math.ceil(wait / 1000) })
}

/** The account is written by other means: from here on a changed password is no sign of theirs. */
export async function overtake(world: World, tx: Tx, others: readonly Reset[]): Promise<void> {
  for (const other of others) await perform(world, tx, other, { kind: 'overtaken' })
}
