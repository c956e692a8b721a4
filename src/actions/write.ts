import type { Account } from '../account.ts'
import { DirectoryError, type Refusal, type Written } from '../directory.ts'
import { AppError } from '../errors.ts'
import { deadline, seconds } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { LIMITS } from '../limit.ts'
import { countable, counts, gatesFor, isWritable } from '../policy.ts'
import type { Reset } from '../reset.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { beginOnlyOption } from './begin.ts'
import { breachRefusalAhead } from './breached.ts'
import { currentSettings, limitNames } from './current-settings.ts'
import { directoryOf, readAccount } from './find-account.ts'
import { lockReset, type Ticket, wrongStep } from './load.ts'
import { nextOptions } from './options.ts'
import { inDoubt, overtake, waitFor } from './overlap.ts'
import { perform } from './perform.ts'
import { type RefusedAttempt, refusedStep, refusing } from './refusals.ts'
import { FIRST_LOOK_MS, settle, WRITE_MS } from './settle.ts'
import { standingOf } from './standing.ts'
import type { World } from './world.ts'

/** `refused`: our rules or the directory said no, the proofs stay valid. `running`: another request writes just now. */
export type WriteOutcome = {
  readonly reset: Reset
  readonly said: 'done' | 'refused' | 'uncertain' | 'nothing' | 'running'
}

/**
 * The one write of a reset: intention on record, the directory, the outcome on record. The password lives in this call
 * and nowhere else. `attempt` names it: the repeat of one that was refused is answered as before. Throws `wrong-step` before the gates are passed, `not-now` where nothing was sent.
 */
export async function commitReset(
  world: World,
  ticket: Ticket,
  password: string | null,
  attempt: string | null = null,
): Promise<WriteOutcome> {
  const { first, doubtful } = await world.store.transact(async tx => {
    const locked = await lockReset(world, tx, ticket)
    return { first: locked, doubtful: await inDoubt(tx, locked.subject, locked.id) }
  })
  if (first.phase.name === 'proving')
    throw await refusing(world, refusedStep(first, 'reset.wrong_step', { reason: 'proving' }, wrongStep()))
  if (first.phase.name !== 'password' || !first.account) return standing(first)
  if (attempt !== null && attempt === first.refusedAttempt) return { reset: first, said: 'refused' }
  if ((first.goal === 'password') !== (password !== null))
    throw await refusing(world, refusedStep(first, 'reset.wrong_step', { reason: 'goal' }, otherGoal()))
  // Nothing was spent where the directory cannot be read: no proof is burned by an outage.
  for (const { id } of doubtful) await settle(world, id)
  const account = await readAccount(world, first.account.ref)
  const about = { subject: first.subject, reset: first.id, reference: first.reference }
  const breached = await breachRefusalAhead(world, account, password, about)
  const prepared = await world.store.transact(async tx =>
    prepare(world, tx, await lockReset(world, tx, ticket), { account, password, attempt, breached }),
  )
  if ('said' in prepared) return prepared
  if ('error' in prepared) throw await refusing(world, prepared)
  world.reached('write.intended')
  return write(world, prepared.writing, { account: prepared.account, password, attempt })
}

const otherGoal = (): AppError => new AppError('invalid-input', 'This reset has another goal.')

const standing = (reset: Reset): WriteOutcome => ({
  reset,
  said: reset.phase.name === 'writing' ? 'running' : 'nothing',
})

type Prepared = WriteOutcome | RefusedAttempt | { readonly writing: Reset; readonly account: Account }

type Attempt = {
  readonly account: Account | null
  readonly password: string | null
  readonly attempt: string | null
}

/** Under the lock of the reset: is it still allowed, is the password one that may be set, and then the intention. */
async function prepare(
  world: World,
  tx: Tx,
  reset: Reset,
  { account, password, attempt, breached }: Attempt & { readonly breached: Refusal | null },
): Promise<Prepared> {
  if (reset.phase.name !== 'password') return standing(reset)
  const settings = await currentSettings(tx)
  const now = world.clock.now()
  if (!account || !isWritable(settings, account)) {
    const failed = await perform(world, tx, reset, { kind: 'failed', why: 'not_eligible', supportCode: null })
    return { reset: failed.reset, said: 'nothing' }
  }
  if (account.passwordChangedAt !== reset.account?.passwordChangedAt)
    return voided(world, tx, reset, 'changed_meanwhile')
  const current = await standingOf(world, tx, account, reset.subject, now)
  // What was switched off or disputed since proves nothing any more; removing an enrollment ends the reset itself.
  if (!reset.passed.every(proof => counts(settings, current, proof)))
    return voided(world, tx, reset, 'proof_withdrawn')
  const gates = Math.max(reset.gates, gatesFor(settings, account, current.hold)) as 1 | 2 // both are 1 or 2
  if (gates > reset.passed.length) return raise(world, tx, reset, account, gates)
  const finished = await tx.limits.get(limitNames.finished(reset.subject))
  if (
    finished &&
    finished.value >= LIMITS.finishedResets.max &&
    now - finished.at < LIMITS.finishedResets.perMs
  ) {
    const error = new AppError('too-many', 'This password was reset too often today.', {
      retryAfterSeconds: 3600,
    })
    return refusedStep(reset, 'reset.throttled', { reason: 'finished' }, error)
  }
  const others = await inDoubt(tx, reset.subject, reset.id)
  const wait = waitFor(world, others)
  if (wait) return refusedStep(reset, 'reset.throttled', { reason: 'another_write' }, wait)
  const refusal =
    password === null ? null : ((await world.passwordRules(settings).check(password, account)) ?? breached)
  if (refusal) return refuse(world, tx, reset, { refusal, attempt })
  const key = newId(world.random)
  world.reached('write.before_intention')
  const { reset: writing, ignored } = await perform(world, tx, reset, { kind: 'submitted', key, account })
  if (ignored) return standing(writing)
  await overtake(world, tx, others)
  await tx.resets.lookAgain(reset.id, now + WRITE_MS + FIRST_LOOK_MS)
  return { writing, account }
}

/** A reset is void if the password changed meanwhile: somebody else set one (house 5). So it is without its proofs. */
async function voided(
  world: World,
  tx: Tx,
  reset: Reset,
  reason: 'changed_meanwhile' | 'proof_withdrawn',
): Promise<WriteOutcome> {
  await tx.audit(record(reset, 'reset.voided', 'refused', { reason }).event)
  return {
    reset: (await perform(world, tx, reset, { kind: 'failed', why: 'cancelled', supportCode: null })).reset,
    said: 'nothing',
  }
}

async function raise(
  world: World,
  tx: Tx,
  reset: Reset,
  account: Account,
  gates: 1 | 2,
): Promise<WriteOutcome> {
  const now = world.clock.now()
  const usable = countable(
    await currentSettings(tx),
    await standingOf(world, tx, account, reset.subject, now),
    now,
  )
  const options = nextOptions(world, reset, usable, reset.passed, gates)
  const raised = await perform(world, tx, reset, { kind: 'raised', gates, options })
  return { reset: await beginOnlyOption(world, tx, raised.reset), said: 'nothing' }
}

type Refused = { readonly refusal: Refusal; readonly attempt: string | null }

const refuse = async (world: World, tx: Tx, reset: Reset, refused: Refused): Promise<WriteOutcome> => ({
  reset: (await perform(world, tx, reset, { kind: 'refused', ...refused })).reset,
  said: 'refused',
})

async function write(
  world: World,
  writing: Reset,
  { account, password, attempt }: Attempt & { readonly account: Account },
): Promise<WriteOutcome> {
  const answer = await sendWrite(world, writing, account, password)
  world.reached('write.answered')
  const outcome = await world.store
    .transact(tx => saveOutcome(world, tx, writing, { answer, attempt }))
    .catch((cause: unknown): WriteOutcome => {
      if (answer === 'unsent') throw cause
      // It may be written, so "not now" would be a lie: the reset stays in `writing`, and housekeeping settles it.
      world.log.error('the outcome of a write could not be saved', { reset: writing.id, cause })
      return { reset: writing, said: 'uncertain' }
    })
  world.reached('write.saved')
  if (answer === 'unsent')
    throw new AppError('not-now', 'The directory cannot be reached now.', {
      retryAfterSeconds: seconds(30) / 1000,
    })
  return outcome
}

type Sent = { readonly answer: Written | 'lost' | 'unsent'; readonly attempt: string | null }

async function saveOutcome(
  world: World,
  tx: Tx,
  writing: Reset,
  { answer, attempt }: Sent,
): Promise<WriteOutcome> {
  const reset = (await tx.resets.lock(writing.id))?.reset ?? writing
  // Another write of this reset is no longer ours to conclude.
  if (reset.phase.name !== 'writing' || reset.phase.key !== keyOf(writing)) return standing(reset)
  if (answer === 'lost') {
    await tx.resets.lookAgain(reset.id, world.clock.now() + FIRST_LOOK_MS)
    return { reset: (await perform(world, tx, reset, { kind: 'lost' })).reset, said: 'uncertain' }
  }
  if (answer === 'unsent')
    return { reset: (await perform(world, tx, reset, { kind: 'unwritten' })).reset, said: 'nothing' }
  if (!answer.ok) return refuse(world, tx, reset, { refusal: answer.refusal, attempt })
  return { reset: (await perform(world, tx, reset, { kind: 'written' })).reset, said: 'done' }
}

const keyOf = ({ phase }: Reset): string => (phase.name === 'writing' ? phase.key : '')

/** `unsent`: certainly nothing happened. `lost`: nobody knows yet. */
async function sendWrite(
  world: World,
  writing: Reset,
  account: Account,
  password: string | null,
): Promise<Written | 'lost' | 'unsent'> {
  const { phase, goal } = writing
  const directory = directoryOf(world, account.ref)
  const key = keyOf(writing)
  // Counted from the intention: a server that slept since then must not write what others have settled meanwhile.
  const left = phase.name === 'writing' ? phase.since + WRITE_MS - world.clock.now() : 0
  if (left <= 0) return 'unsent'
  // Whoever stands beside the directory may have switched it off since the start.
  if (goal === 'password' && !directory.can.reset) return 'unsent'
  const signal = deadline(Math.min(left, WRITE_MS))
  try {
    if (goal === 'unlock' || password === null) return await directory.unlock(account.ref, signal)
    const unlock = directory.can.unlock && account.locked
    return await directory.setPassword(account.ref, { password, unlock, key }, signal)
  } catch (cause) {
    world.log.warn('the directory did not answer a write', { directory: directory.name, key, cause })
    return cause instanceof DirectoryError && !cause.sent ? 'unsent' : 'lost'
  }
}
