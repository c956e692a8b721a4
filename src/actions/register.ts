import { isOwnAddress } from '../account.ts'
import type { Enrollment } from '../enrollment.ts'
import { AppError } from '../errors.ts'
import { hours, type Instant } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { LIMITS, type Limit, TRIES_MAX } from '../limit.ts'
import type { Answer, BegunEnroll, Enroll, EnrollPrompt, MethodName, Weak } from '../method.ts'
import { TRAITS } from '../method.ts'
import { isWaiting } from '../policy.ts'
import { unconfirmed } from '../registration.ts'
import type { Pending, Session } from '../session.ts'
import type { Tx } from '../store/store.ts'
import { type ChangeRefusal, endOpened, tell, whyNot } from './change-own.ts'
import { limitNames, networkOf } from './current-settings.ts'
import { directoryOf } from './find-account.ts'
import { isBusy, notNowWhenBusy } from './judge.ts'
import type { Ticket } from './load.ts'
import { lockSession, type Opened, recordOf, refusalOf, withEntered } from './open-session.ts'
import { methodContext } from './options.ts'
import { isAddable, ownOf } from './security-info.ts'
import type { World } from './world.ts'

/** `shown`: registered already, and shown this once. */
export type BegunRegistration =
  | { readonly said: 'pending' }
  | { readonly said: 'shown'; readonly prompt: EnrollPrompt }
  | { readonly said: 'refused'; readonly why: ChangeRefusal }

const refused = (why: ChangeRefusal) => ({ said: 'refused', why }) as const

/** What a registration of now is worth, or why there is none. */
type Worth = Pick<Enrollment, 'usableAt'> & { readonly decidesAt?: Instant }

/** What a method asks for first: as typed, or an address of the directory by its id, which no page shows in full. */
export type Given = string | { readonly mapped: string } | null

/**
 * Begins to register a method: what is to be confirmed is kept, sealed, in the sign-in. Throws `not-found`, `not-now`,
 * `too-many`.
 */
export const beginRegistration = (
  world: World,
  ticket: Ticket,
  method: MethodName,
  given: Given,
): Promise<BegunRegistration> =>
  withEntered(world, ticket, async (tx, opened) => {
    const { session, settings, standing } = opened
    const why = whyNot(world, opened)
    if (why) return refuse(tx, session, method, why)
    const { enroll } = world.methods[method]
    if (!enroll || !isAddable(world, settings, standing, method))
      return refuse(tx, session, method, 'not_offered')
    const worth = worthOf(world, opened)
    if (typeof worth === 'string') return refuse(tx, session, method, worth)
    const begun = await beginWith(world, method, enroll, opened, addressIn(opened, given))
    if (typeof begun === 'string') return refuse(tx, session, method, begun)
    if ('secret' in begun) {
      await add(world, tx, opened, { method, secret: begun.secret, worth })
      return { said: 'shown', prompt: begun.prompt } as const
    }
    const now = world.clock.now()
    if (begun.send) await send(tx, session, begun.send, now + enroll.lifetimeMs, now)
    const shown = typeof given === 'string' ? begun : masked(world, begun)
    await tx.sessions.save({ ...session, pending: pendingOf(world, method, shown, now + enroll.lifetimeMs) })
    return { said: 'pending' } as const
  })

/** Another one's, or one that is confirmed already, is as malformed as an empty one. */
function addressIn({ settings, standing }: Opened, given: Given): string | null {
  if (typeof given === 'string' || given === null) return given
  return unconfirmed(settings, standing).find(({ id }) => id === given.mapped)?.secret ?? ''
}

type BegunPending = Extract<BegunEnroll, { state: string }>

/** Whoever stole a password learns no address here that they did not know (PRV-04). */
const masked = ({ methods }: World, begun: BegunPending): BegunPending =>
  begun.prompt.kind === 'code'
    ? { ...begun, prompt: { ...begun.prompt, sentTo: methods.email.hint(begun.prompt.sentTo) ?? '' } }
    : begun

/** Asked again when it is confirmed: another window may have been quicker. */
function whyNotAdd(world: World, opened: Opened, method: MethodName, secret: string): ChangeRefusal | null {
  const { settings, standing } = opened
  const channel = world.methods[method].channel(secret)
  const isTwin = TRAITS[method].max > 1 && standing.usable.some(one => one.channel === channel)
  if (isTwin) return 'there_already'
  return isAddable(world, settings, standing, method) ? whyNot(world, opened) : 'not_offered'
}

async function refuse(tx: Tx, session: Session, method: MethodName, why: ChangeRefusal) {
  await tx.audit({
    ...refusalOf(session, 'enrollment.add_refused', why),
    method,
  })
  return refused(why)
}

async function beginWith(
  world: World,
  method: MethodName,
  enroll: Enroll,
  { session, account, settings, standing }: Opened,
  given: string | null,
): Promise<BegunEnroll | ChangeRefusal> {
  if (given !== null && isOwnAddress(given, directoryOf(world, account.ref).domains)) return 'own_address'
  const owner = {
    id: session.subject,
    login: account.login,
    displayName: account.displayName,
    organisation: settings.organisation.name,
    registered: ownOf(standing, method).map(({ secret }) => secret),
  }
  const begun = await enroll.begin(methodContext(world, session.reference, settings), owner, given)
  if (begun === null) return 'malformed'
  const to = 'send' in begun ? begun.send?.to.toLowerCase() : undefined
  const own = ownOf(standing, 'email').map(one => world.methods.email.address(one.secret)?.toLowerCase())
  return to !== undefined && own.includes(to) ? 'there_already' : begun
}

/** Whoever is signed in may not make mailboxes of strangers fill: as many messages as to one destination. */
async function send(
  tx: Tx,
  { subject, locale }: Session,
  { to, message }: NonNullable<BegunPending['send']>,
  expiresAt: Instant,
  now: Instant,
): Promise<void> {
  for (const [name, limit] of [
    [limitNames.sendsInDay(subject, 'registering'), LIMITS.sendsPerDestinationAndDay],
    [limitNames.sends(subject, 'registering'), LIMITS.sendsPerDestination],
  ] as const)
    await spendOne(tx, name, limit, now)
  await tx.outbox.add(message, { channel: 'mail', to, locale }, expiresAt, now)
}

async function spendOne(tx: Tx, name: string, limit: Limit, now: Instant): Promise<void> {
  const { allowed, retryAfterSeconds } = await tx.limits.spend(name, limit, now)
  if (!allowed)
    throw new AppError('too-many', 'Please wait before you try this again.', { retryAfterSeconds })
}

const pendingOf = (
  world: World,
  method: MethodName,
  { prompt, state }: BegunPending,
  expiresAt: Instant,
): Pending => ({ id: newId(world.random), method, prompt, state, tries: 0, expiresAt })

/**
 * Nothing but a password behind it: it cools, or needs a pass or a named network (decisions 3.4). A pass binds at once what
 * is not the deciding gate for a while (3.12).
 */
export function worthOf(world: World, { session, settings, standing }: Opened): Worth | ChangeRefusal {
  const now = world.clock.now()
  const { first, coolingHours } = settings.registration
  const cooled = now + hours(coolingHours)
  if (session.hasSecondFactor) return { usableAt: now }
  if (first === 'open') return { usableAt: now }
  if (session.entry === 'pass') return { usableAt: now, decidesAt: cooled }
  if (networkOf(world, settings, session.source).isNamed) return { usableAt: now }
  const isFirst = !standing.usable.some(
    ({ enrollment }) => enrollment.source !== 'directory' && !isWaiting(enrollment),
  )
  if (isFirst && first === 'pass') return 'first_needs_pass'
  if (isFirst && first === 'network') return 'first_needs_network'
  return { usableAt: cooled }
}

export type FinishedRegistration =
  | { readonly said: 'added'; readonly id: string; readonly countsFrom: Instant | null }
  | {
      readonly said: 'refused'
      readonly why: ChangeRefusal
      readonly triesLeft: number
      /** Which answers are too weak, and why. */
      readonly weak?: Weak['weak']
    }

/** Confirms what was begun. Each try is counted before anything is compared. Throws `not-found`, `not-now`, `wrong-step`. */
export async function finishRegistration(
  world: World,
  ticket: Ticket,
  answer: Answer,
): Promise<FinishedRegistration> {
  const counted = await world.store.transact(tx => countTry(world, tx, ticket))
  if (!counted) return { ...refused('late'), triesLeft: 0 }
  const { method, state, tries, id } = counted.pending
  const finish = world.methods[method].enroll?.finish
  const context = methodContext(world, counted.session.reference)
  const finished =
    (await Promise.resolve(finish?.(context, state, answer)).catch(async cause => {
      if (isBusy(cause)) await world.store.transact(tx => takeTryBack(world, tx, ticket, id))
      return notNowWhenBusy(cause)
    })) ?? null
  const secret = typeof finished === 'string' ? finished : null
  const weak = typeof finished === 'string' ? undefined : finished?.weak
  return withEntered(world, ticket, async (tx, opened) => {
    const { session } = opened
    // Somebody else finished or began anew meanwhile: what was begun then is gone.
    if (session.pending?.id !== id) return { ...(await refuse(tx, session, method, 'late')), triesLeft: 0 }
    const why = weak ? 'weak' : secret === null ? 'wrong' : whyNotAdd(world, opened, method, secret)
    const worth = worthOf(world, opened)
    if (secret === null || why || typeof worth === 'string') {
      const reason = typeof worth === 'string' ? worth : (why ?? 'wrong')
      const said = await refuse(tx, session, method, reason)
      return { ...said, triesLeft: TRIES_MAX - tries, ...(weak ? { weak } : {}) }
    }
    const now = world.clock.now()
    const countsFrom = worth.usableAt > now ? worth.usableAt : null
    // What was shown a moment ago, and is a second step from now on, is not asked for again before the next method.
    const secondAt = session.secondAt ?? (countsFrom === null ? now : null)
    await tx.sessions.save({ ...session, pending: null, secondAt })
    const added = await add(world, tx, opened, { method, secret, worth })
    return { said: 'added', id: added, countsFrom } as const
  })
}

async function countTry(
  world: World,
  tx: Tx,
  ticket: Ticket,
): Promise<{ session: Session; pending: Pending } | null> {
  const session = await lockSession(world, tx, ticket)
  const { pending } = session
  if (!pending) throw new AppError('wrong-step', 'Nothing is being registered.')
  if (world.clock.now() >= pending.expiresAt || pending.tries >= TRIES_MAX) {
    await refuse(tx, session, pending.method, 'late')
    return null
  }
  const counted = { ...pending, tries: pending.tries + 1 }
  await tx.sessions.save({ ...session, pending: counted })
  return { session, pending: counted }
}

/** What was too much to hash was not tried (DOS-04). */
async function takeTryBack(world: World, tx: Tx, ticket: Ticket, id: string): Promise<void> {
  const session = await lockSession(world, tx, ticket)
  const { pending } = session
  if (pending?.id === id)
    await tx.sessions.save({ ...session, pending: { ...pending, tries: pending.tries - 1 } })
}

/** Forgets what was begun. */
export const cancelRegistration = (world: World, ticket: Ticket): Promise<void> =>
  world.store.transact(async tx =>
    tx.sessions.save({ ...(await lockSession(world, tx, ticket)), pending: null }),
  )

type Adding = { readonly method: MethodName; readonly secret: string; readonly worth: Worth }

/** What one has once takes the place of the former one; its address hears of it too (ENR-02, BKP-03). */
async function add(world: World, tx: Tx, opened: Opened, { method, secret, worth }: Adding): Promise<string> {
  const { account, session } = opened
  const now = world.clock.now()
  // Two sign-ins of one account wait for each other here: of two new sets of codes the later finds the other (BKP-03).
  await spendOne(tx, limitNames.registering(session.subject), LIMITS.registrations, now)
  const stored = await tx.enrollments.of(session.subject)
  const former =
    TRAITS[method].max === 1 ? stored.filter(one => one.method === method && one.source !== 'directory') : []
  const enrollment: Enrollment = {
    id: newId(world.random),
    account: account.ref,
    method,
    secret,
    source: 'person',
    attribute: null,
    confirmedAt: now,
    ...worth,
    lastUsedAt: null,
    version: 1,
    boundIn: session.reference,
  }
  await tell(world, tx, opened, 'method_added', enrollment)
  for (const one of former) await tx.enrollments.remove(one.id)
  if (former.length > 0) await endOpened(world, tx, session)
  await tx.enrollments.insert(session.subject, enrollment)
  await tx.audit({ ...recordOf(session, 'enrollment.added'), method, object: enrollment.id })
  return enrollment.id
}
