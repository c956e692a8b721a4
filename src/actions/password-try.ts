import type { Account } from '../account.ts'
import { NotAskedError } from '../directory.ts'
import { AppError } from '../errors.ts'
import { LIMITS, type Limit } from '../limit.ts'
import type { Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import { type Solved, tooMany, usedCheck } from './admit.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { lockoutThreshold } from './find-account.ts'
import { refusing } from './refusals.ts'
import { audience, type Caller, type World } from './world.ts'

/** Every answer but a yes takes at least this long: an unknown login must not be told by its quickness. */
export const NO_SOONER_MS = 400

/** What a try is counted by. */
export type Tries = {
  readonly ofSource: (bucket: string) => string
  readonly own: (subject: string, who: string) => string
  readonly limit: Limit
  readonly what: string
}

/** Who tries: an account, or nobody under the login that was typed. */
export type Trying = {
  readonly caller: Caller
  readonly account: Account | null
  readonly subject: string
  readonly solved: Solved
}

/**
 * A try is spent before the directory sees it: three an hour, fewer for all where the directory locks somebody sooner. Known
 * browsers and strangers together stay below that.
 */
export function spendTry(
  world: World,
  caller: Caller,
  login: string,
  account: Account | null,
  subject: string,
  solved: Solved,
): Promise<Settings> {
  const { max } = LIMITS.wrongOldPasswords
  const limit = {
    ...LIMITS.wrongOldPasswords,
    max: Math.max(1, Math.min(max, Math.floor((lockoutThreshold(world, login) - 1) / 2))),
  }
  const tries = { ofSource: limitNames.changesOfSource, own: limitNames.wrongOld, limit, what: 'changes' }
  return spendOf(world, { caller, account, subject, solved }, tries)
}

/** Source and account both must allow it (RL-06); the bot check is used up with it. Throws `too-many`, `bot-check-failed`. */
export async function spendOf(
  world: World,
  { caller, account, subject, solved }: Trying,
  { ofSource, own: nameOf, limit, what }: Tries,
): Promise<Settings> {
  const now = world.clock.now()
  const who = audience(account !== null && caller.provedBefore(subject))
  const { settings, wait, fresh } = await world.store.transact(async tx => {
    const current = await currentSettings(tx)
    const network = networkOf(world, current, caller.source)
    const source = await tx.limits.spend(ofSource(network.bucket), network.startsPerSource, now, true)
    const own = await tx.limits.spend(nameOf(subject, who), limit, now, account === null)
    return {
      settings: current,
      wait: Math.max(source.retryAfterSeconds, own.retryAfterSeconds),
      fresh: await tx.once.use('bot check', solved.token, solved.expiresAt),
    }
  })
  if (wait > 0) throw await refusing(world, tooMany(caller, what, wait))
  if (!fresh) throw await refusing(world, usedCheck(caller))
  return settings
}

/**
 * What asks the directory after `spendTry`. A try that it never heard of is given back to source and account: overflow costs
 * nobody anything (DOS-04). The bot check stays used up, else a single one could keep the line full.
 */
export async function orTryBack<T>(
  world: World,
  caller: Caller,
  subject: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AppError && error.cause instanceof NotAskedError) {
      await world.store.transact(async tx => {
        const { bucket } = networkOf(world, await currentSettings(tx), caller.source)
        await tx.limits.earnBack(limitNames.changesOfSource(bucket), 1)
        await tx.limits.earnBack(limitNames.wrongOld(subject, audience(caller.provedBefore(subject))), 1)
      })
    }
    throw error
  }
}

export async function forgiveTries(tx: Tx, subject: string): Promise<void> {
  for (const who of ['known', 'strangers'] as const) await tx.limits.clear(limitNames.wrongOld(subject, who))
}
