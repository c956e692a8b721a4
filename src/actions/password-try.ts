import type { Account } from '../account.ts'
import { LIMITS } from '../limit.ts'
import type { Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import { type Solved, tooMany, usedCheck } from './admit.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { lockoutThreshold } from './find-account.ts'
import { refusing } from './refusals.ts'
import { audience, type Caller, type World } from './world.ts'

/** Every answer but a yes takes at least this long: an unknown login must not be told by its quickness. */
export const NO_SOONER_MS = 400

/** A try is spent before the directory sees it: three an hour, fewer for all where the directory locks somebody sooner. */
export async function spendTry(
  world: World,
  caller: Caller,
  login: string,
  account: Account | null,
  subject: string,
  solved: Solved,
): Promise<Settings> {
  const now = world.clock.now()
  const { max } = LIMITS.wrongOldPasswords
  const limit = {
    ...LIMITS.wrongOldPasswords,
    max: Math.max(1, Math.min(max, lockoutThreshold(world, login) - 2)),
  }
  const who = audience(account !== null && caller.provedBefore(subject))
  const { settings, wait, fresh } = await world.store.transact(async tx => {
    const current = await currentSettings(tx)
    const network = networkOf(world, current, caller.source)
    const source = await tx.limits.spend(
      limitNames.changesOfSource(network.bucket),
      network.startsPerSource,
      now,
      true,
    )
    const own = await tx.limits.spend(limitNames.wrongOld(subject, who), limit, now, account === null)
    return {
      settings: current,
      wait: Math.max(source.retryAfterSeconds, own.retryAfterSeconds),
      fresh: await tx.once.use('bot check', solved.token, solved.expiresAt),
    }
  })
  if (wait > 0) throw await refusing(world, tooMany(caller, 'changes', wait))
  if (!fresh) throw await refusing(world, usedCheck(caller))
  return settings
}

export async function forgiveTries(tx: Tx, subject: string): Promise<void> {
  for (const who of ['known', 'strangers'] as const) await tx.limits.clear(limitNames.wrongOld(subject, who))
}
