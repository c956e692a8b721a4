import { AppError } from '../errors.ts'
import { METHOD_NAMES } from '../method.ts'
import { DISMISSED_MS, isLedTo, type Setup, setupOf } from '../registration.ts'
import type { Tx } from '../store/store.ts'
import type { ChangeRefusal } from './change-own.ts'
import type { Ticket } from './load.ts'
import { type Opened, recordOf, withEntered } from './open-session.ts'
import { worthOf } from './register.ts'
import { infoOf, isAddable, type SecurityInfo } from './security-info.ts'
import type { World } from './world.ts'

/** What the policy misses of somebody who is signed in, and what they may do about it. */
export type SetupView = {
  readonly setup: Setup
  readonly info: SecurityInfo
  /** Nothing can be registered now, and why. Then nobody is kept here. */
  readonly blocked: ChangeRefusal | null
  /** It may be put off. */
  readonly isDismissible: boolean
  /** A sign-in leads here. */
  readonly isDue: boolean
}

/** Throws `not-found`, `not-now`, `wrong-step` before the second step. */
export const readSetup = (world: World, ticket: Ticket): Promise<SetupView> =>
  withEntered(world, ticket, (tx, opened) => viewOf(world, tx, opened))

async function viewOf(world: World, tx: Tx, opened: Opened): Promise<SetupView> {
  const { session, settings, standing } = opened
  const now = world.clock.now()
  const review = await tx.reviews.of(session.subject)
  const addable = METHOD_NAMES.filter(name => isAddable(world, settings, standing, name))
  const setup = setupOf(settings, standing, review, addable, now)
  const blocked = whyBlocked(world, opened, setup)
  return {
    setup,
    info: infoOf(world, opened),
    blocked,
    isDismissible: settings.registration.dismissible || blocked !== null,
    isDue: blocked === null && isLedTo(settings, setup, review, now),
  }
}

/** Whoever can register nothing at the moment is never kept from the rest. */
function whyBlocked(world: World, opened: Opened, { asks, offered }: Setup): ChangeRefusal | null {
  if (opened.standing.hold) return 'held'
  if (asks !== 'register') return null
  const hasToken = infoOf(world, opened).held.some(({ isWaiting }) => isWaiting)
  if (offered.length === 0 && !hasToken) return 'not_offered'
  const worth = worthOf(world, opened)
  return typeof worth === 'string' ? worth : null
}

/** "Not now", for a day. Throws `wrong-step` where the policy does not let it be put off. */
export const dismissSetup = (world: World, ticket: Ticket): Promise<void> =>
  withEntered(world, ticket, async (tx, opened) => {
    const { isDismissible, setup } = await viewOf(world, tx, opened)
    if (!isDismissible) throw new AppError('wrong-step', 'This cannot be put off.')
    await tx.reviews.dismissed(opened.session.subject, world.clock.now() + DISMISSED_MS)
    await tx.audit(recordOf(opened.session, 'registration.dismissed', setup.asks))
  })

/** "These are still mine": asked again only after the days that the policy names. */
export const confirmReview = (world: World, ticket: Ticket): Promise<void> =>
  withEntered(world, ticket, async (tx, { session }) => {
    await tx.reviews.reviewed(session.subject, world.clock.now())
    await tx.audit(recordOf(session, 'registration.reviewed'))
  })
