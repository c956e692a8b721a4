import type { Account } from '../account.ts'
import { AppError } from '../errors.ts'
import { type Expected, type Identified, IdentityError } from '../identity-provider.ts'
import { deadline, type Instant, minutes, seconds } from '../lib/clock.ts'
import { newReference, newToken } from '../lib/random.ts'
import { tooMany } from './admit.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { notNow } from './find-account.ts'
import { noteRefusal, refusing } from './refusals.ts'
import { enter, type SignedIn } from './sign-in.ts'
import { subjectOf } from './subject.ts'
import type { Caller, Identity, World } from './world.ts'

/** How long people may take at the identity provider. */
export const UNDERWAY_MS = minutes(10)
const FIND_MS = seconds(5)

/** What a browser keeps of a sign-in that is under way, sealed: it alone can finish it, and only once. */
type Underway = Expected & { readonly until: Instant; readonly locale: string; readonly shared: boolean }
const BOUND_TO = 'sign-in under way'

/** Where to send the browser, and what it keeps meanwhile; null: the provider does not answer. Stores nothing. Throws `not-found`. */
export async function beginOidc(
  world: World,
  about: { readonly locale: string; readonly shared: boolean },
): Promise<{ readonly address: string; readonly kept: string } | null> {
  const { provider } = identityOf(world)
  const expected: Expected = {
    state: newToken(world.random),
    nonce: newToken(world.random),
    verifier: newToken(world.random),
  }
  const underway: Underway = { ...expected, ...about, until: world.clock.now() + UNDERWAY_MS }
  try {
    const address = await provider.begin(expected)
    return { address, kept: world.keys.seal(JSON.stringify(underway), BOUND_TO) }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    noteOutage(world, error)
    return null
  }
}

/**
 * `unused`: nothing opened, for whatever reason; the reference leads the helpdesk to it. `down`: the provider did not
 * answer.
 */
export type OidcSignedIn =
  | Extract<SignedIn, { said: 'in' | 'later' }>
  | { readonly said: 'unused' | 'down'; readonly reference: string }

/**
 * The browser is back at `callback`, with what it kept. Without that, or a second time, nothing is asked of anybody: a
 * callback of somebody else's sign-in opens nothing (RFC 9700 sections 4.7 and 4.5). Throws `not-found`, `not-now`, `too-many`.
 */
export async function finishOidc(
  world: World,
  callback: URL,
  kept: string | null,
  caller: Caller,
): Promise<OidcSignedIn> {
  const identity = identityOf(world)
  const reference = newReference(world.random)
  const refuse = (reason: string, account?: Account) =>
    refused(world, { reason: `oidc_${reason}`, reference, caller, account })
  const underway = openKept(world, kept)
  if (!underway) return refuse('another_browser')
  if (world.clock.now() >= underway.until) return refuse('too_late')
  if (!(await spendCallback(world, underway, caller))) return refuse('again')
  const identified = await identify(world, identity, callback, underway)
  if (identified instanceof IdentityError)
    return identified.why === 'unavailable' ? { said: 'down', reference } : refuse(identified.reason)
  const account = await accountOf(world, identity, identified)
  if (!account) return refuse('no_account')
  if (account.status !== 'active') return refuse(account.status, account)
  if (account.lockedForGood) return refuse('locked', account)
  const { hasSecondFactor: secondFactor } = identified
  const signed = await enter(world, {
    ...{ account, request: underway, caller, reference, entry: 'oidc', secondFactor },
  })
  return signed.said === 'in' || signed.said === 'later' ? signed : refuse(signed.said, account)
}

type Refused = {
  readonly reason: string
  readonly reference: string
  readonly caller: Caller
  readonly account: Account | undefined
}

async function refused(
  world: World,
  { reason, reference, caller: { source }, account }: Refused,
): Promise<OidcSignedIn> {
  await noteRefusal(world, source, {
    ...{ name: 'sign_in.failed', reason, reference },
    ...(account ? { subject: subjectOf(world.keys, account.ref), real: true } : {}),
    person: { source, ...(account ? { login: account.login } : {}) },
  })
  return { said: 'unused', reference }
}

function identityOf({ identity }: World): Identity {
  if (!identity) throw new AppError('not-found', 'No identity provider is configured.')
  return identity
}

function openKept({ keys }: World, kept: string | null): Underway | null {
  try {
    // Only what we sealed opens, so the text is what `beginOidc` wrote.
    return kept === null ? null : (JSON.parse(keys.open(kept, BOUND_TO)) as Underway)
  } catch {
    return null
  }
}

/** Before the provider is asked: each callback costs it, and us, a call. False: this sign-in was finished before. */
async function spendCallback(world: World, { state, until }: Underway, caller: Caller): Promise<boolean> {
  const { wait, isFirst } = await world.store.transact(async tx => {
    const { bucket, startsPerSource } = networkOf(world, await currentSettings(tx), caller.source)
    const name = limitNames.changesOfSource(bucket)
    const { retryAfterSeconds } = await tx.limits.spend(name, startsPerSource, world.clock.now(), true)
    return {
      wait: retryAfterSeconds,
      isFirst: retryAfterSeconds === 0 && (await tx.once.use('oidc', state, until)),
    }
  })
  if (wait > 0) throw await refusing(world, tooMany(caller, 'oidc', wait))
  return isFirst
}

async function identify(
  world: World,
  { provider }: Identity,
  callback: URL,
  expected: Expected,
): Promise<Identified | IdentityError> {
  try {
    return await provider.finish(callback, expected)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    noteOutage(world, error)
    return error
  }
}

const noted = new WeakSet<IdentityError>()

/**
 * Whoever pressed "cancel" there is no news for operators. While the provider rests everybody gets the same error: one
 * line for all, however many press the button.
 */
function noteOutage({ log }: World, error: IdentityError): void {
  const { why, reason } = error
  if (why !== 'declined' && !noted.has(error))
    log.warn('a sign-in at the identity provider failed', { why, reason })
  noted.add(error)
}

async function accountOf(
  world: World,
  { directory: name, attribute }: Identity,
  { text }: Identified,
): Promise<Account | null> {
  const directory = world.directories.find(each => each.name === name)
  if (!directory) return null
  return directory.findBy(attribute, text, deadline(FIND_MS)).catch((cause: unknown) => {
    throw notNow(cause)
  })
}
