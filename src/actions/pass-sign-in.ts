import type { Account } from '../account.ts'
import { type Instant, pause, stopwatch } from '../lib/clock.ts'
import { newReference } from '../lib/random.ts'
import { LIMITS } from '../limit.ts'
import type { Message } from '../notifier.ts'
import { typedPass } from '../pass.ts'
import { isAdministrator } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import { admit } from './admit.ts'
import { currentSettings, limitNames } from './current-settings.ts'
import { findAccount, loginKey } from './find-account.ts'
import { tellOwner } from './notice.ts'
import { forgetPassTries, passDigests } from './passes.ts'
import { NO_SOONER_MS, spendOf } from './password-try.ts'
import { noteRefusal } from './refusals.ts'
import { enterIn, type SignedIn, type SignInRequest } from './sign-in.ts'
import { subjectOf, subjectOfLogin } from './subject.ts'
import { tellAdministrators } from './tell.ts'
import type { Caller, World } from './world.ts'

export type PassRequest = Omit<SignInRequest, 'password'> & { readonly pass: string }

const TRIES = {
  ofSource: limitNames.passesOfSource,
  own: limitNames.passTries,
  limit: LIMITS.passTries,
  what: 'passes',
}

/**
 * Sign-in with a temporary pass (decisions 3.12): to register, and for nothing else. The directory's password is not needed.
 * An unknown login, a wrong, used, expired, revoked or foreign pass and an account that is disabled are one answer (ENU-06,
 * ENU-08); the audit keeps the reason. Throws as `startReset` does.
 */
export async function signInWithPass(
  world: World,
  request: PassRequest,
  caller: Caller,
): Promise<Extract<SignedIn, { said: 'in' | 'wrong' }>> {
  const elapsed = stopwatch()
  const signed = await trySignIn(world, request, caller)
  if (signed.said === 'in') return signed
  await pause(Math.max(0, NO_SOONER_MS - elapsed()))
  return { said: 'wrong', reference: signed.reference }
}

async function trySignIn(world: World, request: PassRequest, caller: Caller): Promise<SignedIn> {
  const solved = await admit(world, request, caller, limitNames.passesOfSource)
  const account = await findAccount(world, request.login)
  const subject = account
    ? subjectOf(world.keys, account.ref)
    : subjectOfLogin(world.keys, loginKey(world, request.login))
  await spendOf(world, { caller, account, subject, solved }, TRIES)
  const now = world.clock.now()
  const digests = passDigests(world, typedPass(request.pass) ?? '')
  const signed =
    account && isOpen(account)
      ? await world.store.transact(tx =>
          useUp(world, tx, { account, subject, digests, request, caller, now }),
        )
      : null
  if (signed) return signed
  const reference = newReference(world.random)
  const reason = await whyNot(world, { account, subject, digests, now })
  await noteRefusal(world, caller.source, { name: 'pass.refused', reason, subject, reference })
  return { said: 'wrong', reference }
}

/** An expired password is no obstacle, nor is a lock that wrong passwords brought about. */
const isOpen = ({ status, lockedForGood }: Account): boolean => status === 'active' && !lockedForGood

type Using = {
  readonly account: Account
  readonly subject: string
  readonly digests: readonly string[]
  readonly request: PassRequest
  readonly caller: Caller
  readonly now: Instant
}

/** All or nothing: a pass is spent by the sign-in that it opens. Null: it opens none. */
async function useUp(world: World, tx: Tx, using: Using): Promise<SignedIn | null> {
  const { account, subject, digests, request, caller, now } = using
  const pass = await tx.passes.byDigests(digests)
  if (!pass || !(await tx.passes.use(subject, digests, now))) return null
  const { reference } = pass
  await forgetPassTries(tx, subject)
  await tx.audit({
    name: 'pass.used',
    actor: 'person',
    result: 'ok',
    subject,
    real: true,
    reference,
    person: { login: account.login, source: caller.source, browser: caller.browser },
  })
  const signed = await enterIn(world, tx, { account, request, caller, reference, entry: 'pass' })
  await tell(world, tx, using, reference)
  return signed
}

async function tell(world: World, tx: Tx, using: Using, reference: string): Promise<void> {
  const { account, subject, request, caller, now } = using
  const { displayName, login } = account
  const origin = { at: now, source: caller.source, browser: caller.browser }
  const about = { account, subject, reference, reset: null, passed: [], origin, locale: request.locale }
  await tellOwner(world, tx, about, disputeToken => ({
    kind: 'pass_used',
    displayName,
    origin,
    reference,
    disputeToken,
  }))
  const settings = await currentSettings(tx)
  if (!settings.notifyAdministrators || !isAdministrator(settings, account)) return
  const alert: Message = { kind: 'administrator_pass', what: 'used', displayName, login, at: now, reference }
  await tellAdministrators(tx, settings, alert, now)
}

/** For the audit alone. */
const whyNot = (
  world: World,
  {
    account,
    subject,
    digests,
    now,
  }: Pick<Using, 'subject' | 'digests' | 'now'> & { account: Account | null },
): Promise<string> =>
  world.store.read(async tx => {
    if (!account) return 'unknown'
    if (!isOpen(account)) return 'inactive'
    const pass = await tx.passes.byDigests(digests)
    if (!pass) return 'wrong'
    if (pass.subject !== subject) return 'of_another_account'
    if (pass.usedAt !== null) return 'used'
    return pass.expiresAt <= now ? 'expired' : 'wrong'
  })
