import type { Account, AccountRef } from '../account.ts'
import { AppError } from '../errors.ts'
import { deadline, type Instant, pause, seconds, stopwatch } from '../lib/clock.ts'
import { newId, newReference, newToken } from '../lib/random.ts'
import { AFTER_RESET_MS, type Entry, type Session } from '../session.ts'
import type { Tx } from '../store/store.ts'
import { admit } from './admit.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { directoryOf, findAccount, loginKey, nobodyBehind, notNow } from './find-account.ts'
import { recordOf } from './open-session.ts'
import { forgiveTries, NO_SOONER_MS, orTryBack, spendTry } from './password-try.ts'
import { noteRefusal } from './refusals.ts'
import { stepOptions } from './second-step.ts'
import { standingOf } from './standing.ts'
import { subjectOf, subjectOfLogin } from './subject.ts'
import type { Caller, World } from './world.ts'

export type SignInRequest = {
  readonly login: string
  readonly password: string
  readonly botCheck: string
  readonly locale: string
  readonly shared: boolean
}

/**
 * `in`: a session, whose second step may be open. `wrong`: no such login, a wrong password, an account that is disabled or
 * locked: one answer (ENU-06). `must_change`: right, but expired. `later`: for an hour after a reset the password alone opens
 * nothing here (decisions 3.4).
 */
export type SignedIn =
  | { readonly said: 'in'; readonly session: Session; readonly token: string }
  | { readonly said: 'must_change'; readonly reference: string }
  | { readonly said: 'later'; readonly until: Instant; readonly reference: string }
  | { readonly said: 'wrong'; readonly reference: string }

const READ_MS = seconds(5)

/**
 * Sign-in to security info with the directory's password. Its tries are those of `/change`, below the directory's lockout
 * threshold (RL-13). Throws as `startReset` does.
 */
export async function signIn(world: World, request: SignInRequest, caller: Caller): Promise<SignedIn> {
  if (world.identity?.only) throw new AppError('invalid-input', 'People sign in at the identity provider.')
  const elapsed = stopwatch()
  const signed = await trySignIn(world, request, caller)
  if (signed.said === 'wrong') await pause(Math.max(0, NO_SOONER_MS - elapsed()))
  return signed
}

async function trySignIn(world: World, request: SignInRequest, caller: Caller): Promise<SignedIn> {
  const reference = newReference(world.random)
  const solved = await admit(world, request, caller, limitNames.changesOfSource)
  const account = await findAccount(world, request.login)
  const subject = account
    ? subjectOf(world.keys, account.ref)
    : subjectOfLogin(world.keys, loginKey(world, request.login))
  await spendTry(world, caller, request.login, account, subject, solved)
  const ref = account?.ref ?? nobodyBehind(world, request.login)
  const proved = ref
    ? await orTryBack(world, caller, subject, () => authenticated(world, ref, request.password))
    : 'no'
  if (account && proved === 'yes')
    return enter(world, { account, request, caller, reference, entry: 'password' })
  const reason = proved === 'must_change' ? 'must_change' : account ? `password_${proved}` : 'unknown'
  await noteRefusal(world, caller.source, { name: 'sign_in.failed', reason, subject, reference })
  if (proved !== 'must_change') return { said: 'wrong', reference }
  await world.store.transact(tx => forgiveTries(tx, subject))
  return { said: 'must_change', reference }
}

/** An empty password is never sent: it would be an anonymous bind (RFC 4513 section 5.1.2). */
const authenticated = async (world: World, ref: AccountRef, password: string) =>
  password === ''
    ? 'no'
    : directoryOf(world, ref)
        .authenticate(ref, password, deadline(READ_MS))
        .catch((cause: unknown) => {
          throw notNow(cause)
        })

export type Entering = {
  readonly account: Account
  readonly request: Pick<SignInRequest, 'locale' | 'shared'>
  readonly caller: Caller
  readonly reference: string
  readonly entry: Entry
  /** The identity provider saw a second factor; what it does not tell was a password alone (decisions 3.5). */
  readonly secondFactor?: boolean
}

/** Who they are was shown by `entry`: a session, open at once only where the account has nothing for a second step. */
export async function enter(world: World, entering: Entering): Promise<SignedIn> {
  return world.store.transact(tx => enterIn(world, tx, entering))
}

/** As `enter`, in the transaction of what it was entered by. */
export async function enterIn(world: World, tx: Tx, entering: Entering): Promise<SignedIn> {
  const { account, caller, reference, entry } = entering
  const subject = subjectOf(world.keys, account.ref)
  const now = world.clock.now()
  const settings = await currentSettings(tx)
  const standing = await standingOf(world, tx, account, subject, now)
  const isProved = entering.secondFactor === true || entry === 'pass'
  const options = isProved ? [] : stepOptions(world, settings, standing, subject, now)
  const until = options.length === 0 && !isProved ? await closedUntil(tx, subject, now) : null
  const session = newSession(world, entering, subject, now)
  if (until !== null) {
    const event = recordOf(session, 'sign_in.ended', 'after_reset')
    await tx.audit({ ...event, name: 'sign_in.failed', result: 'refused' })
    return { said: 'later', until, reference }
  }
  const opened: Session =
    options.length > 0
      ? { ...session, step: { options, challenges: [], open: null } }
      : { ...session, entered: true }
  const token = newToken(world.random)
  await tx.sessions.insert(opened, world.keys.digest('session token', token))
  const bucket = networkOf(world, settings, caller.source).bucket
  if (entry === 'pass') await tx.limits.earnBack(limitNames.passesOfSource(bucket), 1)
  else {
    await forgiveTries(tx, subject)
    await tx.limits.earnBack(limitNames.changesOfSource(bucket), 1)
  }
  await tx.audit(recordOf(opened, 'sign_in.passed', opened.entered ? entry : `${entry}_first_step`))
  return { said: 'in', session: opened, token }
}

async function closedUntil(tx: Tx, subject: string, now: Instant): Promise<Instant | null> {
  const last = await tx.limits.get(limitNames.lastReset(subject))
  return last && now - last.at < AFTER_RESET_MS ? last.at + AFTER_RESET_MS : null
}

const newSession = (
  world: World,
  { account, request, caller, reference, entry, secondFactor }: Entering,
  subject: string,
  now: Instant,
): Session => ({
  id: newId(world.random),
  account: account.ref,
  subject,
  login: account.login,
  displayName: account.displayName,
  locale: request.locale,
  source: caller.source,
  browser: caller.browser,
  known: caller.provedBefore(subject),
  shared: request.shared,
  reference,
  entry,
  firstAt: now,
  secondAt: secondFactor === true ? now : null,
  hasSecondFactor: secondFactor === true,
  entered: false,
  step: null,
  pending: null,
  startedAt: now,
  seenAt: now,
})

/** Ends this sign-in, or, after the second step, all of the account; `replaced`: by another one in the same browser. */
export async function signOut(
  world: World,
  ticket: { readonly id: string; readonly token: string },
  how: 'signed_out' | 'everywhere' | 'replaced',
): Promise<void> {
  await world.store.transact(async tx => {
    const stored = await tx.sessions.lock(ticket.id)
    if (!stored || !world.keys.matches(stored.tokenDigest, 'session token', ticket.token)) {
      throw new AppError('not-found', 'There is no such sign-in.')
    }
    const { session } = stored
    // A stolen password alone throws nobody else out.
    const isAll = how === 'everywhere' && session.entered
    if (isAll) await tx.sessions.endAll(session.subject)
    else await tx.sessions.end(session.id)
    await tx.audit(recordOf(session, 'sign_in.ended', how === 'everywhere' && !isAll ? 'signed_out' : how))
  })
}
