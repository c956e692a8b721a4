import type { Account } from '../account.ts'
import type { Instant } from '../lib/clock.ts'
import { LIMITS } from '../limit.ts'
import type { ExplainedReason, Message } from '../notifier.ts'
import type { Reset } from '../reset.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { limitNames } from './current-settings.ts'
import { originOf } from './notice.ts'
import { addressesOf, tellAddresses } from './tell.ts'
import type { World } from './world.ts'

export type Explanation = {
  readonly account: Account
  readonly subject: string
  readonly why: ExplainedReason
  readonly reset: Reset
  readonly now: Instant
}

/** Why a real person cannot reset goes to every address on file, once a day at most; the page says nothing (decisions 1.3). */
export async function explain(
  world: World,
  tx: Tx,
  { account, subject, why, reset, now }: Explanation,
): Promise<void> {
  const decision = await tx.limits.spend(limitNames.explained(subject), LIMITS.explanations, now)
  if (!decision.allowed) return
  const addresses = addressesOf(world, account, await tx.enrollments.of(subject))
  const { displayName, locale } = account
  const message: Message = {
    kind: 'cannot_reset',
    why,
    displayName,
    origin: originOf(reset, now),
    reference: reset.reference,
  }
  await tellAddresses(tx, addresses, locale ?? reset.locale, () => message, now)
  await tx.audit({
    ...record(reset, 'account.explained', 'ok', { reason: why }).event,
    real: true,
    actor: 'server',
  })
}
