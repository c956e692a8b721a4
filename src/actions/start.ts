import type { Account } from '../account.ts'
import type { Instant } from '../lib/clock.ts'
import { LIMITS, type Limit } from '../limit.ts'
import type { Goal, Reset } from '../reset.ts'
import type { Tx } from '../store/store.ts'
import { admit, malformed, type Solved, tooMany, usedCheck } from './admit.ts'
import { currentSettings, isDear, limitNames, type Network, networkOf } from './current-settings.ts'
import { findAccount, loginKey } from './find-account.ts'
import type { Ticket } from './load.ts'
import { openReset } from './open-reset.ts'
import { type RefusedAttempt, refusing } from './refusals.ts'
import { subjectOf, subjectOfLogin } from './subject.ts'
import { audience, type Caller, type World } from './world.ts'

export type StartRequest = {
  readonly login: string
  readonly botCheck: string
  readonly goal: Goal
  readonly locale: string
  readonly shared: boolean
  /** Made of what only this press of this browser holds, so that a press that comes twice opens one reset; else drawn. */
  readonly ticket?: Ticket
}

/** `token` is shown this once; it opens this reset and nothing else (decisions 7.12). */
export type Started = { readonly reset: Reset; readonly token: string }

/**
 * Verification: the login and the bot check. Known, unknown, disabled and out of scope take the same way to the same
 * page. Throws `invalid-input`, `bot-check-failed`, `too-many`, and `not-now` before anything is spent.
 */
export async function startReset(world: World, request: StartRequest, caller: Caller): Promise<Started> {
  const solved = await admit(world, request, caller, limitNames.startsOfSource)
  const account = await findAccount(world, request.login)
  const outcome = await world.store.transact(tx =>
    spendAndOpen(world, tx, { request, caller, account, solved }),
  )
  if ('error' in outcome) throw await refusing(world, outcome)
  world.reached('start.saved')
  return outcome
}

type Asked = {
  readonly request: StartRequest
  readonly caller: Caller
  readonly account: Account | null
  readonly solved: Solved
}

async function spendAndOpen(world: World, tx: Tx, asked: Asked): Promise<Started | RefusedAttempt> {
  const { request, caller, account, solved } = asked
  const now = world.clock.now()
  const settings = await currentSettings(tx)
  const network = networkOf(world, settings, caller.source)
  const loginSubject = subjectOfLogin(world.keys, loginKey(world, request.login))
  const subject = account ? subjectOf(world.keys, account.ref) : loginSubject
  const known = account !== null && caller.provedBefore(subject)
  if (request.goal === 'unlock' && !settings.unlock) return malformed(caller, 'goal')
  // Asked before this start counts, as it was when the challenge was given out.
  const dear = await isDear(world, tx, caller.source)
  const wait = await spendAll(tx, budgetsOfSource(network, solved.scriptless), now)
  if (wait > 0) return tooMany(caller, 'starts', wait)
  if (dear && !solved.dear && !solved.scriptless) return usedCheck(caller)
  // Before the budget of the login: else one solved check, shown ten times, would shut somebody out.
  if (!(await tx.once.use('bot check', solved.token, solved.expiresAt))) return usedCheck(caller)
  const later = await spendAll(tx, budgetsOfLogin(loginSubject, known, account === null), now)
  if (later > 0) return tooMany(caller, 'starts', later)
  return openReset(world, tx, {
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
}

type Budget = readonly [name: string, limit: Limit, bounded: boolean]

/** Two budgets, per source and per login, and both must allow (RL-06). */
const budgetsOfSource = ({ bucket, startsPerSource }: Network, scriptless: boolean): readonly Budget[] => {
  const tenth = { ...startsPerSource, max: Math.ceil(startsPerSource.max / 10) }
  return [
    // Sources are anybody's to invent, a /64 for each start: their rows are bounded with those of nobody (DOS-06).
    [limitNames.startsOfSource(bucket), startsPerSource, true],
    ...(scriptless ? [[limitNames.scriptlessStarts(bucket), tenth, true] as const] : []),
  ]
}

const budgetsOfLogin = (loginSubject: string, known: boolean, decoy: boolean): readonly Budget[] => [
  [limitNames.startsInHour(loginSubject, audience(known)), LIMITS.startsPerLoginAndHour, decoy],
  [limitNames.startsInDay(loginSubject, audience(known)), LIMITS.startsPerLoginAndDay, decoy],
]

/** Says the wait in seconds; 0: spent. */
async function spendAll(tx: Tx, budgets: readonly Budget[], now: Instant): Promise<number> {
  for (const [name, limit, bounded] of budgets) {
    const decision = await tx.limits.spend(name, limit, now, bounded)
    if (!decision.allowed) return decision.retryAfterSeconds
  }
  return 0
}
