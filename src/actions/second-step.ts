import type { Account } from '../account.ts'
import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { FAILURES_MAX, TRIES_MAX } from '../limit.ts'
import { type Answer, TRAITS } from '../method.ts'
import { countable, type Standing, type Usable } from '../policy.ts'
import { type Challenge, type Option, optionOf } from '../reset.ts'
import { type SecondStep, type Session, sessionEnds } from '../session.ts'
import type { Settings } from '../settings.ts'
import type { Tx } from '../store/store.ts'
import { challengeFor, failuresKey } from './begin.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { judge, prepare, type Try } from './judge.ts'
import type { Ticket } from './load.ts'
import { type Noticed, tellUsedCode } from './notice.ts'
import { readSession, recordOf, refusalOf, saveRisen, withEntered, withSession } from './open-session.ts'
import { trueOptions } from './options.ts'
import { refusing } from './refusals.ts'
import { tellFailures } from './tell.ts'
import { audience, type World } from './world.ts'

/** What makes two factors of a password, where the account has any of it; else what at least shows that a mailbox is theirs. */
export function stepOptions(
  world: World,
  settings: Settings,
  standing: Standing,
  subject: string,
  now: Instant,
): Option[] {
  // A hold is for resets and changes, never for sign-in: what it sets aside still guards the door (decisions 2.4).
  const own = countable(settings, { ...standing, hold: null }, now).filter(
    ({ enrollment: { method, source } }) => TRAITS[method].factor !== 'never' && source !== 'directory',
  )
  const second = own.filter(isSecondFactor)
  return trueOptions(world, subject, second.length > 0 ? second : own)
}

const isSecondFactor = ({ enrollment: { method } }: Usable): boolean => TRAITS[method].factor === 'second'

/** Fresh proof is asked for, before a change (ENR-01). Says whether there is anything to ask: else the password is. */
export const askAgain = (world: World, ticket: Ticket): Promise<boolean> =>
  withEntered(world, ticket, async (tx, { session, settings, standing }) => {
    const options = stepOptions(world, settings, standing, session.subject, world.clock.now())
    if (options.length === 0) return false
    await tx.sessions.save({ ...session, step: { options, challenges: [], open: null } })
    return true
  })

/** The person picks a method of the second step. Throws `not-found`, `wrong-step`, `invalid-input`, `too-many`. */
export const chooseStep = (world: World, ticket: Ticket, optionId: string): Promise<Session> =>
  withSession(world, ticket, async (tx, { session }) => {
    const step = openStep(session)
    const option = step.options.find(({ id }) => id === optionId)
    if (!option) throw new AppError('invalid-input', 'This method is not offered here.')
    const asker = { ...session, expiresAt: sessionEnds(session), disclosed: true }
    const standing = step.challenges.find(challenge => challenge.option === option.id) ?? null
    const challenge = await challengeFor(world, tx, asker, option, standing)
    if ('wait' in challenge) {
      throw new AppError('too-many', 'Please wait before you try this again.', {
        retryAfterSeconds: challenge.wait,
      })
    }
    const asked = { ...session, step: withChallenge({ ...step, open: option.id }, challenge) }
    await tx.sessions.save(asked)
    return asked
  })

const openStep = ({ step }: Session): SecondStep => {
  if (!step) throw new AppError('wrong-step', 'Nothing is asked for now.')
  return step
}

const withChallenge = (step: SecondStep, challenge: Challenge): SecondStep => ({
  ...step,
  challenges: [...step.challenges.filter(({ option }) => option !== challenge.option), challenge],
})

export const openTry = (session: Session): Try | null => {
  const option = session.step?.options.find(({ id }) => id === session.step?.open)
  const challenge = session.step?.challenges.find(each => each.option === option?.id)
  return option && challenge ? { option, challenge } : null
}

/** `token`: the session has another one from now on (SES-02). */
export type Stepped = { readonly session: Session; readonly token: string | null }

/**
 * One answer to the second step. It is counted before it is compared, by the same counters as in a reset (RL-01, RL-04).
 * Throws `not-found`, `wrong-step`, `too-many`.
 */
export async function answerStep(world: World, ticket: Ticket, answer: Answer): Promise<Stepped> {
  const seen = await readSession(world, ticket)
  const tried = openTry(seen)
  if (!tried) throw new AppError('wrong-step', 'Nothing is asked for now.')
  const prepared = await prepare(world, seen, tried, answer)
  const outcome = await withSession(world, ticket, async (tx, { session, account }) => {
    const now = world.clock.now()
    const current = openTry(session)
    if (!current) throw new AppError('wrong-step', 'Nothing is asked for now.')
    const wait = await spendFailure(world, tx, session, now)
    if (wait > 0) return { wait }
    return judgeStep(world, tx, { session, account, tried: current, answer: prepared, now })
  })
  if (!('wait' in outcome)) return outcome
  const error = new AppError('too-many', 'Too many wrong answers. Please wait.', {
    retryAfterSeconds: outcome.wait,
  })
  const event = { name: 'reset.throttled', reason: 'sign_in_step', subject: seen.subject } as const
  throw await refusing(world, { source: seen.source, event, error })
}

type Judging = {
  readonly session: Session
  readonly account: Account
  readonly tried: Try
  readonly answer: Answer
  readonly now: Instant
}

async function judgeStep(world: World, tx: Tx, judging: Judging): Promise<Stepped> {
  const { session, account, tried, answer, now } = judging
  const { option, challenge } = tried
  const isLate = now >= challenge.expiresAt || challenge.tries >= TRIES_MAX
  const counted = { ...challenge, tries: challenge.tries + 1 }
  const failures = await tx.limits.add(
    limitNames.failures(failuresKey(session, option), audience(session.known)),
    isLate ? 0 : 1,
    now,
  )
  const judged =
    isLate || failures.value > FAILURES_MAX
      ? null
      : await judge(world, tx, session, { option, challenge: counted }, answer)
  const isDecided = judged !== null && optionOf(option, judged.by)?.decides !== false
  if (judged?.left !== undefined) await tellUsedCode(world, tx, noticedAt(session, account, now), judged.left)
  if (judged) return passed(world, tx, session, { option, isDecided }, now)
  const failed = { ...session, step: withChallenge(openStep(session), counted) }
  await tx.sessions.save(failed)
  await tx.audit({
    ...refusalOf(session, 'sign_in.step_failed', isLate ? 'late' : 'wrong'),
    method: option.method,
  })
  if (!isLate) await noteFailures(world, tx, judging, failures.value)
  return { session: failed, token: null }
}

/** Whoever guesses here knows the password already: its owner hears of it as of guesses in a reset (decisions 2.5). */
async function noteFailures(
  world: World,
  tx: Tx,
  { session, account, tried, now }: Judging,
  count: number,
): Promise<void> {
  const { enrollment, method } = tried.option
  if (enrollment === null) return
  if (count === FAILURES_MAX) {
    await tx.audit({
      ...refusalOf(session, 'enrollment.rested'),
      method,
      object: enrollment,
    })
  }
  const enrollments = await tx.enrollments.of(session.subject)
  await tellFailures(world, tx, { account, enrollments, locale: session.locale }, { method, count }, now)
}

const noticedAt = (session: Session, account: Account, now: Instant): Noticed => ({
  account,
  subject: session.subject,
  reference: session.reference,
  reset: null,
  passed: [],
  origin: { at: now, source: session.source, browser: session.browser },
  locale: session.locale,
})

async function passed(
  world: World,
  tx: Tx,
  session: Session,
  { option, isDecided }: { readonly option: Option; readonly isDecided: boolean },
  now: Instant,
): Promise<Stepped> {
  // What is too fresh to decide a reset binds nothing that could: else two methods of one pass would vouch for each other.
  const risen: Session = {
    ...session,
    entered: true,
    secondAt: now,
    hasSecondFactor: session.hasSecondFactor || (TRAITS[option.method].factor === 'second' && isDecided),
    step: null,
  }
  for (const who of ['known', 'strangers'] as const)
    await tx.limits.clear(limitNames.failures(failuresKey(session, option), who))
  await tx.limits.earnBack(limitNames.failuresOfSource(await bucketOf(world, tx, session)), 1)
  await tx.audit({ ...recordOf(risen, 'sign_in.stepped'), method: option.method })
  return { session: risen, token: await saveRisen(world, tx, risen) }
}

const bucketOf = async (world: World, tx: Tx, { source }: Session): Promise<string> =>
  networkOf(world, await currentSettings(tx), source).bucket

async function spendFailure(world: World, tx: Tx, session: Session, now: Instant): Promise<number> {
  const network = networkOf(world, await currentSettings(tx), session.source)
  const name = limitNames.failuresOfSource(network.bucket)
  return (await tx.limits.spend(name, network.failuresPerSource, now, true)).retryAfterSeconds
}
