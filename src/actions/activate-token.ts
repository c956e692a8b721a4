import type { Enrollment } from '../enrollment.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { FAILURES_MAX, restOf } from '../limit.ts'
import type { Answer } from '../method.ts'
import { isWaiting } from '../policy.ts'
import type { Tx } from '../store/store.ts'
import { type ChangeRefusal, tell, whyNot } from './change-own.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import type { Ticket } from './load.ts'
import { type Opened, recordOf, refusalOf, withEntered } from './open-session.ts'
import { methodContext } from './options.ts'
import { tellFailures } from './tell.ts'
import { audience, type World } from './world.ts'

/**
 * The owner of an assigned token shows that they have it: from now on it counts, and this code is used up (ENR-03, OTP-06).
 * It counts at once, whatever opened the sign-in: an administrator chose the device, and a stolen password has no code of it.
 * Each try is counted before anything is compared, with the same waits as in a reset. Null: it is active. Throws `not-found`
 * for what is not one's own or does not wait, `too-many`, `not-now`.
 */
export async function activateToken(
  world: World,
  ticket: Ticket,
  id: string,
  answer: Answer,
): Promise<ChangeRefusal | null> {
  const outcome = await withEntered(world, ticket, async (tx, opened) => {
    const token = waitingToken(opened, id)
    const why = whyNot(world, opened)
    if (why) return refuse(tx, opened, token, why)
    const wait = await spendTry(world, tx, opened, token)
    return wait > 0 ? { wait } : judge(world, tx, opened, token, answer)
  })
  if (outcome === null || typeof outcome === 'string') return outcome
  throw new AppError('too-many', 'Too many wrong codes. Please wait.', { retryAfterSeconds: outcome.wait })
}

function waitingToken({ standing }: Opened, id: string): Enrollment {
  const token = standing.usable.find(({ enrollment }) => enrollment.id === id)?.enrollment
  if (!token?.device || !isWaiting(token)) throw new AppError('not-found', 'No such token waits.')
  return token
}

/** Says the wait in seconds; 0: the try is counted, with the token and with the source (RL-04, RL-06). */
async function spendTry(world: World, tx: Tx, { session }: Opened, { id }: Enrollment): Promise<number> {
  const now = world.clock.now()
  const name = limitNames.failures(id, audience(session.known))
  const rest = restOf(await tx.limits.get(name), now)
  if (rest.state !== 'ready') return rest.retryAfterSeconds
  const { bucket, failuresPerSource } = networkOf(world, await currentSettings(tx), session.source)
  const spent = await tx.limits.spend(limitNames.failuresOfSource(bucket), failuresPerSource, now, true)
  if (!spent.allowed) return spent.retryAfterSeconds
  await tx.limits.add(name, 1, now)
  return 0
}

async function judge(
  world: World,
  tx: Tx,
  opened: Opened,
  token: Enrollment,
  answer: Answer,
): Promise<ChangeRefusal | null> {
  const { session, settings } = opened
  const now = world.clock.now()
  const failures = await tx.limits.get(limitNames.failures(token.id, audience(session.known)))
  const judged =
    (failures?.value ?? 0) > FAILURES_MAX
      ? null
      : world.methods[token.method].judge(methodContext(world, session.reference), token.secret, '', answer)
  const secret = judged?.verdict === 'passed' ? judged.secret : undefined
  const isActive =
    secret !== undefined && (await tx.enrollments.confirm(token.id, token.version, { secret, at: now }))
  if (!isActive) return wrong(world, tx, opened, token, failures?.value ?? 0, now)
  for (const who of ['known', 'strangers'] as const) await tx.limits.clear(limitNames.failures(token.id, who))
  const { bucket } = networkOf(world, settings, session.source)
  await tx.limits.earnBack(limitNames.failuresOfSource(bucket), 1)
  await tell(world, tx, opened, 'method_added', token)
  await tx.audit({ ...recordOf(session, 'enrollment.confirmed'), method: token.method, object: token.id })
  return null
}

async function refuse<Why extends ChangeRefusal | 'resting'>(
  tx: Tx,
  { session }: Pick<Opened, 'session'>,
  { id, method }: Pick<Enrollment, 'id' | 'method'>,
  why: Why,
): Promise<Why> {
  await tx.audit({
    ...refusalOf(session, 'enrollment.add_refused', why),
    method,
    object: id,
  })
  return why
}

/** The owner learns of a stranger who knows the password and tries codes, at 10 and at 30 (decisions 2.5). */
async function wrong(
  world: World,
  tx: Tx,
  { account, session, standing }: Opened,
  { id, method }: Enrollment,
  count: number,
  now: Instant,
): Promise<ChangeRefusal> {
  await refuse(tx, { session }, { id, method }, count >= FAILURES_MAX ? 'resting' : 'wrong')
  const enrollments = standing.usable.map(({ enrollment }) => enrollment)
  await tellFailures(world, tx, { account, enrollments, locale: session.locale }, { method, count }, now)
  return 'wrong'
}
