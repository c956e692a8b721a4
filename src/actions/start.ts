import { type Account, isLogin } from '../account.ts'
import { AppError } from '../errors.ts'
import { type Instant, minutes } from '../lib/clock.ts'
import { newId, newReference, newToken } from '../lib/random.ts'
import { LIMITS, LIVE_RESETS_MAX, type Limit } from '../limit.ts'
import { completions, type Eligible, eligibility, isEligible, type NotEligible } from '../policy.ts'
import type { Goal, Option, Reset } from '../reset.ts'
import type { Settings } from '../settings.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { availability } from './availability.ts'
import { beginOnlyOption } from './begin.ts'
import { currentSettings, isDear, limitNames, type Network, networkOf } from './current-settings.ts'
import { explain } from './explain.ts'
import { findAccount, loginKey } from './find-account.ts'
import { trueOptions, uniformOptions } from './options.ts'
import { endReset, perform } from './perform.ts'
import { refusing } from './refusals.ts'
import { assertSourceMayAsk } from './source-budget.ts'
import { standingOf } from './standing.ts'
import { subjectOf, subjectOfLogin } from './subject.ts'
import { audience, type Caller, type World } from './world.ts'

export type StartRequest = {
  readonly login: string
  readonly botCheck: string
  readonly goal: Goal
  readonly locale: string
  readonly shared: boolean
}

/** `token` is shown this once; it opens this reset and nothing else (decisions 7.12). */
export type Started = { readonly reset: Reset; readonly token: string }

/**
 * Verification: the login and the bot check. Known, unknown, disabled and out of scope take the same way to the same
 * page. Throws `invalid-input`, `bot-check-failed`, `too-many`, and `not-now` before anything is spent.
 */
export async function startReset(world: World, request: StartRequest, caller: Caller): Promise<Started> {
  const now = world.clock.now()
  if (!isLogin(request.login))
    throw await refused(
      world,
      caller,
      'reset.malformed',
      'login',
      new AppError('invalid-input', 'This is not a login.'),
    )
  const open = await availability(world, request.login)
  if (open.state !== 'open')
    throw new AppError('not-now', 'Self-service reset is not possible now.', { retryAfterSeconds: 60 })
  const solved = await world.botCheck.verify(request.botCheck, now)
  if (!solved.ok) throw await refused(world, caller, 'bot_check.failed', solved.reason, botCheckFailed())
  await assertSourceMayAsk(world, caller.source, limitNames.startsOfSource)
  const account = await findAccount(world, request.login)
  const key = loginKey(world, request.login)
  const outcome = await world.store.transact(async tx => {
    const settings = await currentSettings(tx)
    const network = networkOf(world, settings, caller.source)
    const loginSubject = subjectOfLogin(world.keys, key)
    const subject = account ? subjectOf(world.keys, account.ref) : loginSubject
    const known = account !== null && caller.provedBefore(subject)
    // Asked before this start counts, as it was when the challenge was given out.
    const dear = await isDear(world, tx, caller.source)
    const scriptless = solved.scriptless === true
    const wait = await spendAll(tx, budgetsOfSource(network, scriptless), now)
    if (wait > 0) return { wait }
    if (dear && !solved.dear && !scriptless) return { replayed: true as const }
    // Before the budget of the login: else one solved check, shown ten times, would shut somebody out.
    if (!(await tx.once.use('bot check', solved.token, solved.expiresAt))) return { replayed: true as const }
    const later = await spendAll(tx, budgetsOfLogin(loginSubject, known, account === null), now)
    if (later > 0) return { wait: later }
    return begin(world, tx, {
      request,
      caller,
      settings,
      network,
      account,
      subject,
      loginSubject,
      known,
      now,
    })
  })
  if ('wait' in outcome) {
    const error = new AppError('too-many', 'Too many tries. Please wait.', {
      retryAfterSeconds: outcome.wait,
    })
    throw await refused(world, caller, 'reset.throttled', 'starts', error)
  }
  if ('replayed' in outcome) throw await refused(world, caller, 'bot_check.failed', 'used', botCheckFailed())
  world.reached('start.saved')
  return outcome
}

const botCheckFailed = (): AppError =>
  new AppError('bot-check-failed', 'The check was not passed. Please try again.')

const refused = (
  world: World,
  { source }: Caller,
  name: 'reset.malformed' | 'bot_check.failed' | 'reset.throttled',
  reason: string,
  error: AppError,
): Promise<AppError> => refusing(world, { source, event: { name, reason }, error })

type Budget = readonly [name: string, limit: Limit, decoy: boolean]

/** Two budgets, per source and per login, and both must allow (RL-06). */
const budgetsOfSource = ({ bucket, startsPerSource }: Network, scriptless: boolean): readonly Budget[] => {
  const tenth = { ...startsPerSource, max: Math.ceil(startsPerSource.max / 10) }
  return [
    [limitNames.startsOfSource(bucket), startsPerSource, false],
    ...(scriptless ? [[limitNames.scriptlessStarts(bucket), tenth, false] as const] : []),
  ]
}

const budgetsOfLogin = (loginSubject: string, known: boolean, decoy: boolean): readonly Budget[] => [
  [limitNames.startsInHour(loginSubject, audience(known)), LIMITS.startsPerLoginAndHour, decoy],
  [limitNames.startsInDay(loginSubject, audience(known)), LIMITS.startsPerLoginAndDay, decoy],
]

/** Says the wait in seconds; 0: spent. */
async function spendAll(tx: Tx, budgets: readonly Budget[], now: Instant): Promise<number> {
  for (const [name, limit, decoy] of budgets) {
    const decision = await tx.limits.spend(name, limit, now, decoy)
    if (!decision.allowed) return decision.retryAfterSeconds
  }
  return 0
}

type Beginning = {
  readonly request: StartRequest
  readonly caller: Caller
  readonly settings: Settings
  readonly network: Network
  readonly account: Account | null
  readonly subject: string
  readonly loginSubject: string
  readonly known: boolean
  readonly now: Instant
}

async function begin(world: World, tx: Tx, beginning: Beginning): Promise<Started> {
  const { account, subject, settings, caller, now } = beginning
  const live = await tx.resets.live(subject, caller.source)
  for (const id of live.slice(0, Math.max(0, live.length - LIVE_RESETS_MAX + 1)))
    await endReset(world, tx, id)
  const answer = account && eligibility(settings, await standingOf(world, tx, account, subject, now), now)
  const reset = newReset(world, beginning, answer)
  const token = newToken(world.random)
  await tx.resets.insert(reset, world.keys.digest('reset token', token))
  const reason = answer === null ? 'unknown' : isEligible(answer) ? undefined : answer.why
  const { event } = record(reset, 'reset.started', reason ? 'refused' : 'ok', reason ? { reason } : {})
  await tx.audit({ ...event, real: account !== null })
  if (account && answer && !isEligible(answer))
    await explain(world, tx, { account, subject, why: answer.why, reset, now })
  if (reset.helpful && (answer === null || !isEligible(answer))) {
    const supportCode = answer?.supportCode ?? null
    const { reset: failed } = await perform(world, tx, reset, {
      kind: 'failed',
      why: 'not_eligible',
      supportCode,
    })
    return { reset: failed, token }
  }
  return { reset: await beginOnlyOption(world, tx, reset), token }
}

function newReset(world: World, beginning: Beginning, answer: Eligible | NotEligible | null): Reset {
  const { request, caller, settings, network, account, subject, loginSubject, known, now } = beginning
  const eligible = answer !== null && isEligible(answer) ? answer : null
  const helpful = network.disclosure === 'helpful'
  const gates = eligible?.gates ?? settings.gates
  const open = eligible !== null && (known || helpful)
  return {
    id: newId(world.random),
    goal: request.goal,
    account: eligible ? account : null,
    login: request.login.trim(),
    loginSubject,
    subject,
    known,
    helpful,
    shared: request.shared,
    locale: request.locale,
    source: caller.source,
    browser: caller.browser,
    reference: newReference(world.random),
    profile: world.profile,
    gates,
    gatesShown: open ? gates : settings.gates,
    options: openingOptions(world, settings, loginSubject, eligible, open),
    passed: [],
    challenges: [],
    phase: { name: 'proving', open: null },
    refusals: 0,
    refusedAttempt: null,
    extensions: 0,
    startedAt: now,
    expiresAt: now + minutes(world.profile.resetMinutes),
  }
}

function openingOptions(
  world: World,
  settings: Settings,
  loginSubject: string,
  eligible: Eligible | null,
  open: boolean,
): Option[] {
  const real = eligible ? completions(eligible.usable, eligible.gates) : []
  return open ? trueOptions(world, loginSubject, real) : uniformOptions(world, settings, loginSubject, real)
}
