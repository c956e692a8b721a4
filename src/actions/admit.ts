import { isLogin } from '../account.ts'
import type { EventName } from '../audit.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { spend } from '../limit.ts'
import { availability } from './availability.ts'
import { currentSettings, networkOf } from './current-settings.ts'
import { type RefusedAttempt, refusing } from './refusals.ts'
import type { Caller, World } from './world.ts'

/** A bot check that was passed; its `token` is used up in the transaction of what it was passed for. */
export type Solved = {
  readonly token: string
  readonly expiresAt: Instant
  readonly dear: boolean
  readonly scriptless: boolean
}

/**
 * What stands before any look-up, for a start and for a change alike: a login, an open service, a passed bot check, a
 * source with budget left. Spends nothing. Throws `invalid-input`, `not-now`, `bot-check-failed`, `too-many`.
 */
export async function admit(
  world: World,
  { login, botCheck }: { readonly login: string; readonly botCheck: string },
  caller: Caller,
  budgetOf: (bucket: string) => string,
): Promise<Solved> {
  if (!isLogin(login)) throw await refusing(world, malformed(caller, 'login'))
  const open = await availability(world, login)
  if (open.state !== 'open')
    throw new AppError('not-now', 'This is not possible now.', { retryAfterSeconds: 60 })
  const wait = await waitOfSource(world, caller.source, budgetOf)
  if (wait > 0) throw await refusing(world, tooMany(caller, 'source', wait))
  const solved = await world.botCheck.verify(botCheck, world.clock.now(), caller.source)
  if (!solved.ok) throw await refusing(world, failedCheck(caller, solved.reason))
  const { token, expiresAt, dear = false, scriptless = false } = solved
  return { token, expiresAt, dear, scriptless }
}

/**
 * A source whose budget is spent reaches neither the provider of a hosted check nor the directory: else one solved check,
 * shown again and again, would keep both busy for everybody.
 */
const waitOfSource = (world: World, source: string, budgetOf: (bucket: string) => string): Promise<number> =>
  world.store.read(async tx => {
    const { bucket, startsPerSource } = networkOf(world, await currentSettings(tx), source)
    return spend(startsPerSource, await tx.limits.get(budgetOf(bucket)), world.clock.now()).retryAfterSeconds
  })

export const malformed = (caller: Caller, what: string): RefusedAttempt =>
  attempt(caller, 'reset.malformed', what, new AppError('invalid-input', `This is not a ${what}.`))

export const tooMany = (caller: Caller, what: string, retryAfterSeconds: number): RefusedAttempt => {
  const error = new AppError('too-many', 'Too many tries. Please wait.', { retryAfterSeconds })
  return attempt(caller, 'reset.throttled', what, error)
}

export const usedCheck = (caller: Caller): RefusedAttempt => failedCheck(caller, 'used')

/** A hosted check that cannot be asked is nobody's failure: not now, rather than once more (INV-8). */
const failedCheck = (caller: Caller, reason: string): RefusedAttempt =>
  attempt(
    caller,
    'bot_check.failed',
    reason,
    reason === 'unavailable'
      ? new AppError('not-now', 'The check cannot be made now.', { retryAfterSeconds: 60 })
      : new AppError('bot-check-failed', 'The check was not passed. Please try again.'),
  )

const attempt = ({ source }: Caller, name: EventName, reason: string, error: AppError): RefusedAttempt => ({
  source,
  event: { name, reason },
  error,
})
