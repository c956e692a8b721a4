import type { Account } from '../account.ts'
import { AppError } from '../errors.ts'
import { newToken } from '../lib/random.ts'
import type { Standing } from '../policy.ts'
import { type Session, sessionEnds, TOUCH_MS } from '../session.ts'
import type { Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import { currentSettings } from './current-settings.ts'
import { readAccount } from './find-account.ts'
import type { Ticket } from './load.ts'
import { standingOf } from './standing.ts'
import type { World } from './world.ts'

/** A sign-in with what its account is and has at this moment. */
export type Opened = {
  readonly session: Session
  readonly account: Account
  readonly settings: Settings
  readonly standing: Standing
}

/** Foreign, unknown, ended and too old are one `not-found` (API-04). */
export async function lockSession(world: World, tx: Tx, { id, token }: Ticket): Promise<Session> {
  const stored = await tx.sessions.lock(id)
  const matches = stored && world.keys.matches(stored.tokenDigest, 'session token', token)
  if (!stored || !matches || world.clock.now() >= sessionEnds(stored.session)) throw noSession()
  return stored.session
}

export const noSession = (): AppError => new AppError('not-found', 'There is no such sign-in.')

/**
 * Under the lock of the session: what `work` decides from the account as it is now. The directory is asked before anything
 * is locked; an account that was disabled or removed ends its sign-ins at once (SES-09). Throws `not-found`, `not-now`.
 */
export async function withSession<T>(
  world: World,
  ticket: Ticket,
  work: (tx: Tx, opened: Opened) => Promise<T>,
): Promise<T> {
  const account = await activeAccount(world, ticket)
  return world.store.transact(async tx => {
    const session = await touch(world, tx, await lockSession(world, tx, ticket))
    const settings = await currentSettings(tx)
    const standing = await standingOf(world, tx, account, session.subject, world.clock.now())
    return work(tx, { session, account, settings, standing })
  })
}

/** As `withSession`, for what only a finished sign-in may do. Throws `wrong-step` before the second step. */
export const withEntered = <T>(
  world: World,
  ticket: Ticket,
  work: (tx: Tx, opened: Opened) => Promise<T>,
): Promise<T> =>
  withSession(world, ticket, (tx, opened) => {
    if (!opened.session.entered) throw new AppError('wrong-step', 'The second step comes first.')
    return work(tx, opened)
  })

/** The sign-in as it stands; nothing is looked up. Throws `not-found`. */
export const readSession = (world: World, ticket: Ticket): Promise<Session> =>
  world.store.read(tx => lockSession(world, tx, ticket))

async function activeAccount(world: World, ticket: Ticket): Promise<Account> {
  const session = await readSession(world, ticket)
  const account = await readAccount(world, session.account)
  if (account?.status === 'active' && !account.lockedForGood) return account
  await world.store.transact(async tx => {
    if (await tx.sessions.end(session.id)) await tx.audit(recordOf(session, 'sign_in.ended', 'inactive'))
  })
  throw noSession()
}

async function touch(world: World, tx: Tx, session: Session): Promise<Session> {
  const now = world.clock.now()
  if (now - session.seenAt < TOUCH_MS) return session
  const seen = { ...session, seenAt: now }
  await tx.sessions.save(seen)
  return seen
}

/** Somebody is still there: the idle time begins anew. Throws `not-found`. */
export const stay = (world: World, ticket: Ticket): Promise<void> =>
  world.store.transact(async tx =>
    tx.sessions.save({ ...(await lockSession(world, tx, ticket)), seenAt: world.clock.now() }),
  )

/** Another token at every rise of what the sign-in may do (SES-02). */
export async function saveRisen(world: World, tx: Tx, session: Session): Promise<string> {
  const token = newToken(world.random)
  await tx.sessions.save(session, world.keys.digest('session token', token))
  return token
}

type SessionEvent =
  | 'sign_in.passed'
  | 'sign_in.stepped'
  | 'sign_in.step_failed'
  | 'sign_in.ended'
  | 'enrollment.added'
  | 'enrollment.add_refused'
  | 'enrollment.change_refused'
  | 'enrollment.confirmed'
  | 'enrollment.removed'
  | 'enrollment.renamed'
  | 'enrollment.rested'
  | 'registration.reviewed'
  | 'registration.dismissed'

export const recordOf = (session: Session, name: SessionEvent, reason?: string) =>
  ({
    name,
    actor: 'person',
    result: 'ok',
    subject: session.subject,
    real: true,
    reference: session.reference,
    ...(reason === undefined ? {} : { reason }),
    person: { login: session.login, source: session.source, browser: session.browser },
  }) as const

/** Of what was refused in a sign-in. */
export const refusalOf = (session: Session, name: SessionEvent, reason?: string) =>
  ({ ...recordOf(session, name, reason), result: 'refused' }) as const
