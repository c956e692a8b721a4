import type { Account } from '../account.ts'
import { type Changed, DirectoryError, type Refusal, written } from '../directory.ts'
import { deadline, pause, seconds, stopwatch } from '../lib/clock.ts'
import { newId, newReference } from '../lib/random.ts'
import { isWritable } from '../policy.ts'
import type { Settings } from '../settings.ts'
import { admit } from './admit.ts'
import { type About, breachRefusal } from './breached.ts'
import { limitNames } from './current-settings.ts'
import { directoryOf, findAccount, loginKey, nobodyBehind, notNow } from './find-account.ts'
import { tellOutcome, tellOwner } from './notice.ts'
import { inDoubt, overtake } from './overlap.ts'
import { forgiveTries, NO_SOONER_MS, orTryBack, spendTry } from './password-try.ts'
import { endAccess } from './perform.ts'
import { noteRefusal } from './refusals.ts'
import { subjectOf, subjectOfLogin } from './subject.ts'
import type { Caller, World } from './world.ts'

export type ChangeRequest = {
  readonly login: string
  readonly old: string
  readonly password: string
  readonly botCheck: string
  readonly locale: string
}

/** `wrong`: no such login, a wrong old password, or an account that may not be changed: one answer (ENU-06). */
export type ChangeOutcome =
  | { readonly said: 'done'; readonly subject: string; readonly reference: string }
  | { readonly said: 'wrong'; readonly reference: string }
  /** The answer was lost: the person tries the new one, then the old one. */
  | { readonly said: 'uncertain'; readonly reference: string }
  | { readonly said: 'refused'; readonly refusal: Refusal; readonly reference: string }

const CHANGE_MS = seconds(30)
const READ_MS = seconds(5)

/**
 * A new password with the old one; must-change and expired passwords are no obstacle (decisions 1.7). Its own caps lie
 * below the directory's lockout threshold (RL-13), so nobody is locked out from here. Throws as `startReset` does.
 */
export async function changePassword(
  world: World,
  request: ChangeRequest,
  caller: Caller,
): Promise<ChangeOutcome> {
  const elapsed = stopwatch()
  const outcome = await tryChange(world, request, caller)
  if (outcome.said !== 'done') await pause(Math.max(0, NO_SOONER_MS - elapsed()))
  return outcome
}

async function tryChange(world: World, request: ChangeRequest, caller: Caller): Promise<ChangeOutcome> {
  const reference = newReference(world.random)
  const solved = await admit(world, request, caller, limitNames.changesOfSource)
  const account = await findAccount(world, request.login)
  const subject = account
    ? subjectOf(world.keys, account.ref)
    : subjectOfLogin(world.keys, loginKey(world, request.login))
  const settings = await spendTry(world, caller, request.login, account, subject, solved)
  const changed =
    account && isWritable(settings, account)
      ? await orTryBack(world, caller, subject, () =>
          judged(world, settings, account, request, { subject, reference }),
        )
      : await orTryBack(world, caller, subject, () => asNobody(world, request))
  if (changed === 'lost' && account) return doubt(world, { account, subject, request, caller, reference })
  if (changed === 'lost') return { said: 'uncertain', reference }
  if (changed.ok && account) return finish(world, { account, subject, request, caller, reference })
  const refusal = !changed.ok && typeof changed.refusal !== 'string' ? changed.refusal : null
  const reason = refusal?.reason ?? 'wrong_old'
  await noteRefusal(world, caller.source, { name: 'password.change_failed', reason, subject, reference })
  if (!refusal) return { said: 'wrong', reference }
  // The old password was right: somebody who searches for a good new one is not held up as a guesser.
  await world.store.transact(tx => forgiveTries(tx, subject))
  return { said: 'refused', refusal, reference }
}

/**
 * What our rules say of a password is told to nobody but those who know the old one: rules look at names (ENU-06). Breach
 * lists are not even asked before: an answer that takes longer would tell who exists.
 */
async function judged(
  world: World,
  settings: Settings,
  account: Account,
  request: ChangeRequest,
  about: About,
): Promise<Changed | 'lost'> {
  const { password } = request
  const ruled = await world.passwordRules(settings).check(password, account)
  if (!ruled && world.breaches.length === 0) return sendChange(world, account, request)
  const known = await directoryOf(world, account.ref)
    .authenticate(account.ref, request.old, deadline(READ_MS))
    .catch((cause: unknown) => {
      throw notNow(cause)
    })
  if (known !== 'yes' && known !== 'must_change') return { ok: false, refusal: 'wrong_old' }
  const refusal = ruled ?? (await breachRefusal(world, settings, password, about))
  return refusal ? { ok: false, refusal } : sendChange(world, account, request)
}

/** Whoever may not change a password here is turned away by a full directory as others are (ENU-09). */
async function asNobody(world: World, { login, old }: ChangeRequest) {
  const ref = nobodyBehind(world, login)
  const asked = ref && directoryOf(world, ref).authenticate(ref, old, deadline(READ_MS))
  await asked?.catch((cause: unknown) => {
    throw notNow(cause)
  })
  return { ok: false, refusal: 'wrong_old' } as const
}

async function sendChange(
  world: World,
  account: Account,
  { old, password }: ChangeRequest,
): Promise<Changed | 'lost'> {
  const change = { old, password, key: newId(world.random) }
  const directory = directoryOf(world, account.ref)
  try {
    return await directory.changePassword(account.ref, change, deadline(CHANGE_MS))
  } catch (cause) {
    if (cause instanceof DirectoryError && !cause.sent) throw notNow(cause)
    world.log.warn('the directory did not answer a change', {
      directory: directory.name,
      key: change.key,
      cause,
    })
    const outcome = await directory
      .outcome(account.ref, account.mark, deadline(READ_MS))
      .catch(() => 'unknown' as const)
    return outcome === 'changed' ? written : 'lost'
  }
}

type Finish = {
  readonly account: Account
  readonly subject: string
  readonly request: ChangeRequest
  readonly caller: Caller
  readonly reference: string
}

async function finish(
  world: World,
  { account, subject, request, caller, reference }: Finish,
): Promise<ChangeOutcome> {
  const now = world.clock.now()
  const origin = { at: now, source: caller.source, browser: caller.browser }
  await world.store.transact(async tx => {
    const person = { login: account.login, source: caller.source, browser: caller.browser }
    await tx.audit({
      name: 'password.changed',
      actor: 'person',
      result: 'ok',
      subject,
      real: true,
      reference,
      person,
    })
    await forgiveTries(tx, subject)
    await endAccess(world, tx, subject)
    await overtake(world, tx, await inDoubt(tx, subject))
    const about = { account, subject, reference, reset: null, passed: [], origin, locale: request.locale }
    const { displayName } = account
    await tellOwner(world, tx, about, disputeToken => ({
      kind: 'password_changed',
      displayName,
      origin,
      reference,
      disputeToken,
    }))
  })
  return { said: 'done', subject, reference }
}

/** The directory did not answer: nothing is claimed, on the page or in the mail that every address gets (INV-1). */
async function doubt(
  world: World,
  { account, subject, request, caller, reference }: Finish,
): Promise<ChangeOutcome> {
  const origin = { at: world.clock.now(), source: caller.source, browser: caller.browser }
  const person = { login: account.login, source: caller.source, browser: caller.browser }
  await world.store.transact(async tx => {
    await tx.audit({
      name: 'password.change_uncertain',
      actor: 'person',
      result: 'unknown',
      subject,
      real: true,
      reference,
      person,
    })
    const about = { account, subject, reference, reset: null, passed: [], origin, locale: request.locale }
    await tellOutcome(world, tx, about, 'unknown')
  })
  return { said: 'uncertain', reference }
}
