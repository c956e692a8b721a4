import { pause } from '../lib/clock.ts'
import type { Reset } from '../reset.ts'
import { readReset, type Ticket } from './load.ts'
import type { World } from './world.ts'

const LOOK_MS = 500
/** The API's bound; longer waits are cut to it. */
export const WAIT_SECONDS_MAX = 25

/**
 * The reset, as soon as it is no longer the server's turn, or after `seconds`. Looks at the store, so it sees what
 * another process did.
 */
export async function waitForReset(world: World, ticket: Ticket, seconds: number): Promise<Reset> {
  const looks = (Math.min(seconds, WAIT_SECONDS_MAX) * 1000) / LOOK_MS
  let reset = await readReset(world, ticket)
  for (let look = 0; look < looks && isOurTurn(reset); look += 1) {
    await pause(LOOK_MS)
    reset = await readReset(world, ticket)
  }
  return reset
}

const isOurTurn = ({ phase }: Reset): boolean => phase.name === 'writing' || phase.name === 'uncertain'
