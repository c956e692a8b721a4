import { AppError } from '../errors.ts'
import type { Instant } from '../lib/clock.ts'
import { FAILURES_MAX, TRIES_MAX } from '../limit.ts'
import type { Answer, Judged } from '../method.ts'
import { countable, gatesFor } from '../policy.ts'
import { type Option, openChallenge, optionOf, proofBehind, type Reset } from '../reset.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { beginChallenge, beginOnlyOption, failuresKey } from './begin.ts'
import { currentSettings, limitNames, networkOf } from './current-settings.ts'
import { judge, type Proved, prepare } from './judge.ts'
import { lockReset, readReset, type Ticket, wrongStep } from './load.ts'
import { noticed, tellUsedCode } from './notice.ts'
import { nextOptions } from './options.ts'
import { perform } from './perform.ts'
import { type RefusedAttempt, refusedStep, refusing } from './refusals.ts'
import { standingOf } from './standing.ts'
import { tellFailures } from './tell.ts'
import { audience, type World } from './world.ts'

/** The person picks a method. Throws `not-found`, `wrong-step`, `invalid-input`, `too-many`. */
export async function chooseMethod(world: World, ticket: Ticket, optionId: string): Promise<Reset> {
  const outcome = await world.store.transact(async tx => {
    const reset = await lockReset(world, tx, ticket)
    if (reset.phase.name !== 'proving') return outOfStep(reset)
    const option = reset.options.find(({ id }) => id === optionId)
    if (!option) return notOffered(reset)
    const begun = await beginChallenge(world, tx, reset, option)
    if ('reset' in begun) return begun
    const error = tooMany('Please wait before you try this again.', begun.wait)
    return refusedStep(reset, 'reset.challenge_refused', { method: option.method, reason: 'too_many' }, error)
  })
  if ('error' in outcome) throw await refusing(world, outcome)
  return outcome.reset
}

export type Answered = { readonly reset: Reset; readonly right: boolean }

/**
 * One answer to the open challenge. Wrong, late, used and somebody else's are one answer (ENU-08). The try is
 * counted before anything is compared, in the same transaction and under the lock of the reset, so that fifty
 * parallel answers are judged five times (RL-04).
 */
export async function answerChallenge(world: World, ticket: Ticket, answer: Answer): Promise<Answered> {
  const prepared = await prepareAnswer(world, await readReset(world, ticket), answer)
  const outcome = await world.store.transact(async tx => {
    const reset = await lockReset(world, tx, ticket)
    const option = openOption(reset)
    if (!option) return outOfStep(reset)
    if (openChallenge(reset)?.prompt.kind !== answer.kind) return otherKind(reset)
    const wait = await spendFailure(world, tx, reset)
    if (wait === 0) return judgeAnswer(world, tx, reset, option, prepared)
    const error = tooMany('Too many wrong answers. Please wait.', wait)
    return refusedStep(reset, 'reset.throttled', { method: option.method, reason: 'answers' }, error)
  })
  if ('error' in outcome) throw await refusing(world, outcome)
  world.reached('answer.saved')
  return outcome
}

const prepareAnswer = async (world: World, reset: Reset, answer: Answer): Promise<Answer> => {
  const option = openOption(reset)
  const challenge = openChallenge(reset)
  // What will not be judged costs nothing, and a code needs none of it.
  const isJudged = challenge && challenge.tries < TRIES_MAX && challenge.prompt.kind === answer.kind
  return option && isJudged && answer.kind !== 'code'
    ? prepare(world, reset, { option, challenge }, answer)
    : answer
}

const openOption = (reset: Reset): Option | null => {
  const open = openChallenge(reset)
  return (open && reset.options.find(({ id }) => id === open.option)) ?? null
}

const outOfStep = (reset: Reset): RefusedAttempt =>
  refusedStep(reset, 'reset.wrong_step', { reason: reset.phase.name }, wrongStep())

/** A code where questions were asked: nothing of it can be judged, and nothing is spent. */
const otherKind = (reset: Reset): RefusedAttempt =>
  refusedStep(
    reset,
    'reset.wrong_step',
    { reason: 'kind' },
    new AppError('invalid-input', 'Something else was asked for.'),
  )

const notOffered = (reset: Reset): RefusedAttempt =>
  refusedStep(
    reset,
    'reset.challenge_refused',
    { reason: 'not_offered' },
    new AppError('invalid-input', 'This method is not offered here.'),
  )

const tooMany = (message: string, retryAfterSeconds: number): AppError =>
  new AppError('too-many', message, { retryAfterSeconds })

/** Each answer costs the source one failure until it turns out right. Says the wait in seconds; 0: spent. */
async function spendFailure(world: World, tx: Tx, reset: Reset): Promise<number> {
  const network = networkOf(world, await currentSettings(tx), reset.source)
  const decision = await tx.limits.spend(
    limitNames.failuresOfSource(network.bucket),
    network.failuresPerSource,
    world.clock.now(),
    true,
  )
  return decision.retryAfterSeconds
}

async function judgeAnswer(
  world: World,
  tx: Tx,
  before: Reset,
  option: Option,
  answer: Answer,
): Promise<Answered> {
  const now = world.clock.now()
  const counted = await perform(world, tx, before, { kind: 'answered', option: option.id })
  const name = limitNames.failures(failuresKey(before, option), audience(before.known))
  if (counted.ignored) {
    await tx.audit(
      record(before, 'reset.answer_failed', 'refused', { method: option.method, reason: 'late' }).event,
    )
    return { reset: counted.reset, right: false }
  }
  const failures = await tx.limits.add(name, 1, now, option.enrollment === null)
  const resting = failures.value > FAILURES_MAX
  const proof = resting ? null : await proofOf(world, tx, counted.reset, option, answer)
  const passed = proof !== null
  const proven = proof && optionOf(option, proof.by)
  const options = proven ? await optionsAfter(world, tx, counted.reset, proven, now) : []
  const judged = await perform(world, tx, counted.reset, {
    kind: 'judged',
    option: option.id,
    passed,
    options,
    ...(proof ? { by: proof.by } : {}),
  })
  if (proof) await afterProof(world, tx, judged.reset, option, proof, now)
  else await noteFailures(world, tx, judged.reset, option, failures.value, now)
  return { reset: passed ? await beginOnlyOption(world, tx, judged.reset) : judged.reset, right: passed }
}

/** A decoy proves nothing, whatever was judged. */
async function proofOf(
  world: World,
  tx: Tx,
  reset: Reset,
  option: Option,
  answer: Answer,
): Promise<Proved | null> {
  const challenge = openChallenge(reset)
  const judged = challenge && (await judge(world, tx, reset, { option, challenge }, answer))
  return reset.account ? judged : null
}

async function optionsAfter(
  world: World,
  tx: Tx,
  reset: Reset,
  option: Option,
  now: Instant,
): Promise<Option[]> {
  const { account, subject, passed, gates } = reset
  if (!account || option.enrollment === null) return []
  const settings = await currentSettings(tx)
  const standing = await standingOf(world, tx, account, subject, now)
  const proofs = [...passed, proofBehind(option, option.enrollment, now)]
  const required = Math.max(gates, gatesFor(settings, account, standing.hold))
  return nextOptions(world, reset, countable(settings, standing, now), proofs, required)
}

/** What a right answer brings beside its gate. A saved code that was used up is told, with how many are left (BKP-02). */
async function afterProof(
  world: World,
  tx: Tx,
  reset: Reset,
  option: Option,
  { left }: Judged,
  now: Instant,
): Promise<void> {
  await forgiveFailures(world, tx, reset, option)
  if (left === undefined || !reset.account) return
  await tellUsedCode(world, tx, noticed(reset, reset.account, now), left)
}

/** Success clears the count of what succeeded, and wakes what had come to rest (RL-16, decisions 2.5). */
async function forgiveFailures(world: World, tx: Tx, reset: Reset, option: Option): Promise<void> {
  for (const who of ['known', 'strangers'] as const)
    await tx.limits.clear(limitNames.failures(failuresKey(reset, option), who))
  for (const id of await tx.enrollments.idsOf(reset.subject)) {
    const name = limitNames.failures(id, 'strangers')
    const failures = id === option.enrollment ? null : await tx.limits.get(name)
    if (!failures || failures.value < FAILURES_MAX) continue
    await tx.limits.clear(name)
    const { event } = record(reset, 'enrollment.enabled', 'ok', { reason: 'other_method', object: id })
    await tx.audit(event)
  }
  await earnBackSource(world, tx, reset)
}

async function earnBackSource(world: World, tx: Tx, reset: Reset): Promise<void> {
  const { bucket } = networkOf(world, await currentSettings(tx), reset.source)
  await tx.limits.earnBack(limitNames.failuresOfSource(bucket), 1)
}

/** The owner learns of strangers at their keyboard, at 10 and at 30 (decisions 2.5). */
async function noteFailures(
  world: World,
  tx: Tx,
  reset: Reset,
  option: Option,
  count: number,
  now: Instant,
): Promise<void> {
  const { account } = reset
  if (!account || option.enrollment === null) return
  if (count === FAILURES_MAX) {
    await tx.audit({
      ...record(reset, 'enrollment.rested', 'refused', { method: option.method }).event,
      object: option.enrollment,
    })
  }
  const { method } = option
  const enrollments = await tx.enrollments.of(reset.subject)
  await tellFailures(world, tx, { account, enrollments, locale: reset.locale }, { method, count }, now)
}
