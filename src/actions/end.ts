import type { Reset } from '../reset.ts'
import { lockReset, type Ticket, wrongStep } from './load.ts'
import { perform } from './perform.ts'
import { refusedStep, refusing } from './refusals.ts'
import type { World } from './world.ts'

/** The person gives up. Idempotent: a finished reset stays as it is. */
export const cancelReset = (world: World, ticket: Ticket): Promise<Reset> =>
  world.store.transact(async tx => {
    const reset = await lockReset(world, tx, ticket)
    return (await perform(world, tx, reset, { kind: 'failed', why: 'cancelled', supportCode: null })).reset
  })

/** Ten more minutes, ten times (decisions 1.11). Throws `wrong-step` where there is nothing left to extend. */
export async function extendReset(world: World, ticket: Ticket): Promise<Reset> {
  const stepped = await world.store.transact(async tx =>
    perform(world, tx, await lockReset(world, tx, ticket), { kind: 'extended' }),
  )
  const { reset, ignored } = stepped
  if (ignored)
    throw await refusing(
      world,
      refusedStep(reset, 'reset.wrong_step', { reason: reset.phase.name }, wrongStep()),
    )
  return reset
}
