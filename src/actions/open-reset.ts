import type { Account } from '../account.ts'
import { type Instant, minutes } from '../lib/clock.ts'
import { newId, newReference, newToken } from '../lib/random.ts'
import { LIVE_RESETS_MAX } from '../limit.ts'
import { completions, type Eligible, eligibility, isEligible, type NotEligible } from '../policy.ts'
import type { Option, Reset } from '../reset.ts'
import type { Settings } from '../settings.ts'
import { record } from '../step.ts'
import type { Tx } from '../store/store.ts'
import { beginOnlyOption } from './begin.ts'
import type { Network } from './current-settings.ts'
import { explain } from './explain.ts'
import { trueOptions, uniformOptions } from './options.ts'
import { endReset, perform } from './perform.ts'
import { standingOf } from './standing.ts'
import type { Started, StartRequest } from './start.ts'
import type { Caller, World } from './world.ts'

export type Beginning = {
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

/**
 * A reset of its own for each start, of somebody's account or of nobody's: the same rows, the same answer. Why a real
 * person cannot reset goes to their addresses, never to the page.
 */
export async function openReset(world: World, tx: Tx, beginning: Beginning): Promise<Started> {
  const { account, subject, settings, caller, now } = beginning
  const live = await tx.resets.live(subject, caller.source)
  for (const id of live.slice(0, Math.max(0, live.length - LIVE_RESETS_MAX + 1)))
    await endReset(world, tx, id)
  const answer = account && eligibility(settings, await standingOf(world, tx, account, subject, now), now)
  const reset = newReset(world, beginning, answer)
  const token = beginning.request.ticket?.token ?? newToken(world.random)
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
    id: request.ticket?.id ?? newId(world.random),
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
