import { AppError } from '../errors.ts'
import type { Reset } from '../reset.ts'
import { step } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { perform } from './perform.ts'
import type { World } from './world.ts'

/** What opens a reset: its id and the token given at its start. One without the other is nothing (SES-03). */
export type Ticket = { readonly id: string; readonly token: string }

/** A foreign id, an unknown id and a wrong token are one `not-found` (API-04). */
export async function lockReset(world: World, tx: Tx, { id, token }: Ticket): Promise<Reset> {
  const stored = await tx.resets.lock(id)
  if (!stored || !world.keys.matches(stored.tokenDigest, 'reset token', token)) throw notFound()
  const { reset } = await perform(world, tx, stored.reset, { kind: 'tick' })
  return reset
}

/** The reset as it stands, without a lock. One whose time is over is told as expired; the next write saves it so. */
export async function readReset(world: World, ticket: Ticket): Promise<Reset> {
  const stored = await world.store.read(tx => tx.resets.lock(ticket.id))
  if (!stored || !world.keys.matches(stored.tokenDigest, 'reset token', ticket.token)) throw notFound()
  return step(stored.reset, { kind: 'tick' }, world.clock.now()).reset
}

export const notFound = (): AppError => new AppError('not-found', 'There is no such reset.')
export const wrongStep = (): AppError => new AppError('wrong-step', 'This step is not open now.')
