import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, AccountRef } from '../../account.ts'
import { type Changed, DirectoryError, refusedFor, type Written, written } from '../../directory.ts'
import { seconds } from '../../lib/clock.ts'
import type { Connection } from './connection.ts'
import { mayBeWritten, type Open, readTarget } from './open.ts'
import type { Context, Target } from './profile.ts'
import { isSendable } from './reading.ts'

/** No mark needs a longer wait. */
const WAIT_MS_MAX = seconds(2)

export const setPassword = (
  open: Open,
  ref: AccountRef,
  write: { readonly password: string; readonly unlock: boolean; readonly key: string },
  signal: AbortSignal,
): Promise<Written> =>
  onWriter(open, ref, signal, async (connection, target, context) => {
    if (!isSendable(write.password)) return refusedFor('policy')
    await untilMarkable(open, target.account, signal)
    return await open.profile.setPassword(connection, target, write, context)
  })

export const changePassword = (
  open: Open,
  ref: AccountRef,
  change: { readonly old: string; readonly password: string; readonly key: string },
  signal: AbortSignal,
): Promise<Changed> =>
  onWriter<Changed>(open, ref, signal, async (connection, target, context) => {
    if (!isSendable(change.old)) return { ok: false, refusal: 'wrong_old' }
    if (!isSendable(change.password)) return refusedFor('policy')
    await untilMarkable(open, target.account, signal)
    return await open.profile.changePassword(connection, target, change, context)
  })

export const unlock = (open: Open, ref: AccountRef, signal: AbortSignal): Promise<Written> =>
  onWriter(open, ref, signal, async (connection, target, context) =>
    target.account.locked ? await open.profile.unlock(connection, target, context) : written,
  )

/** Status and protection are read again on the connection that writes. */
const onWriter = <T extends Changed>(
  open: Open,
  ref: AccountRef,
  signal: AbortSignal,
  work: (connection: Connection, target: Target, context: Context) => Promise<T>,
): Promise<T | Written> =>
  open.servers.write<T | Written>(signal, async connection => {
    const context = open.contextOf(signal)
    const target = await readTarget(open, connection, ref, context)
    if (!target || !mayBeWritten(target.account)) return refusedFor('not_allowed')
    return await work(connection, target, context)
  })

/** Decisions 4.9. */
async function untilMarkable({ profile, clock }: Open, account: Account, signal: AbortSignal): Promise<void> {
  const now = clock.now()
  const ms = Math.min(profile.writableFrom(account, now) - now, WAIT_MS_MAX)
  if (ms <= 0) return
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    throw new DirectoryError('given up before anything was written', false, error)
  }
}
