// An honest person on the way through one reset while something breaks: whatever is answered, they look at their reset
// again and go on from what it says. Everything that was said to them is kept.
import { deliverDue } from '../src/actions/deliver.ts'
import { importLine } from '../src/actions/enroll.ts'
import { readReset, type Ticket } from '../src/actions/load.ts'
import { answerChallenge, chooseMethod } from '../src/actions/prove.ts'
import { settleDue } from '../src/actions/settle.ts'
import { startReset } from '../src/actions/start.ts'
import type { Caller } from '../src/actions/world.ts'
import { commitReset } from '../src/actions/write.ts'
import { AppError } from '../src/errors.ts'
import { seconds } from '../src/lib/clock.ts'
import type { MethodName } from '../src/method.ts'
import { shownCode } from '../src/methods/totp.ts'
import { openChallenge, type Reset } from '../src/reset.ts'
import { solved, type TestWorld } from './world.ts'

export type Walker = {
  readonly login: string
  readonly seed: string
  readonly address: string
  readonly codes: readonly string[]
}

/** What a person was told, one entry for each answer. `not_now`: the step was refused whole. */
export type Said =
  | 'started'
  | 'chosen'
  | 'right'
  | 'wrong'
  | 'done'
  | 'refused'
  | 'uncertain'
  | 'running'
  | 'nothing'
  | 'not_now'

export type Walk = {
  readonly world: TestWorld
  readonly person: Walker
  /** The methods to prove by, in order. */
  readonly ways: readonly MethodName[]
  readonly password: string
  /** Once, before the first right answer, a wrong one is given. */
  readonly slips?: boolean
  /** After each answer: what was said, and what had been tried. */
  readonly onAnswer?: (said: Said, tried: Tried) => void | Promise<void>
}
export type Tried = 'start' | 'choose' | 'guess' | 'prove' | 'commit' | 'read'

export type Walked = {
  readonly ticket: Ticket
  /** As it stood at the end. */
  readonly reset: Reset
  readonly said: readonly Said[]
  /** Everything that proved something and was answered: none of it may ever do so again. */
  readonly used: readonly { readonly method: MethodName; readonly code: string }[]
  readonly botChecks: readonly string[]
}

const CALLER: Caller = { source: '192.0.2.7', browser: 'Firefox', provedBefore: () => false }
/** More answers than a way with one fault in it ever needs. */
const ANSWERS_MAX = 80

export async function enrollWalker(world: TestWorld, { login, seed, address, codes }: Walker): Promise<void> {
  for (const fields of [
    { method: 'app_code', secret: seed },
    { method: 'email', address },
    { method: 'recovery_code', codes },
  ])
    await importLine(world, JSON.stringify({ login, ...fields }), false)
  await housekeep(world)
  world.sent.length = 0
}

/** One round of what runs beside the requests; a round that fails is tried again by the next. */
export async function housekeep(world: TestWorld): Promise<void> {
  await settleDue(world).catch(() => undefined)
  for (;;) {
    const sent = await deliverDue(world).catch(() => 0)
    if (sent === 0) return
  }
}

/** Waits as people do, while the server works on. */
export async function rest(world: TestWorld): Promise<void> {
  world.clock.advance(seconds(5))
  await housekeep(world)
}

/** Throws where the way does not end, or where an answer is none that a person may get. */
export async function walk(given: Walk): Promise<Walked> {
  const way = {
    ...given,
    said: [] as Said[],
    used: [] as Walked['used'][number][],
    botChecks: [] as string[],
  }
  const ticket = await begin(way)
  let slipped = !given.slips
  for (let answers = 0; answers < ANSWERS_MAX; answers += 1) {
    const read = await attempt(way, 'read', () => readReset(way.world, ticket))
    if (read === 'not_now') continue
    const { phase } = read
    if (phase.name === 'done' || phase.name === 'failed') return { ...way, ticket, reset: read }
    if (phase.name === 'proving') slipped = await proveOrChoose(way, ticket, read, slipped)
    else if (phase.name === 'password') await commit(way, ticket)
    else await rest(way.world)
  }
  throw new Error(`the way did not end: ${way.said.join(' ')}`)
}

type Way = Walk & {
  readonly said: Said[]
  readonly used: Walked['used'][number][]
  readonly botChecks: string[]
}

/** What was answered, or `not_now`; any other error is a fault of ours. */
async function attempt<T>(way: Way, tried: Tried, work: () => Promise<T>): Promise<T | 'not_now'> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-now') throw error
    await say(way, 'not_now', tried)
    await rest(way.world)
    return 'not_now'
  }
}

async function say(way: Way, said: Said, tried: Tried): Promise<void> {
  way.said.push(said)
  await way.onAnswer?.(said, tried)
}

async function begin(way: Way): Promise<Ticket> {
  const { world, person } = way
  for (let tries = 0; tries < 5; tries += 1) {
    const botCheck = await solved(world)
    const request = { login: person.login, botCheck, goal: 'password', locale: 'en', shared: false } as const
    const started = await attempt(way, 'start', () => startReset(world, request, CALLER))
    if (started === 'not_now') continue
    way.botChecks.push(botCheck)
    await say(way, 'started', 'start')
    return { id: started.reset.id, token: started.token }
  }
  throw new Error('a reset could not be started')
}

/** True where the one wrong answer has been given. */
async function proveOrChoose(way: Way, ticket: Ticket, reset: Reset, slipped: boolean): Promise<boolean> {
  const { world, ways } = way
  const method = ways.find(name => !reset.passed.some(proof => proof.method === name)) ?? 'app_code'
  if (openChallenge(reset)?.method !== method) {
    const option = reset.options.find(each => each.method === method)?.id ?? ''
    const chosen = await attempt(way, 'choose', () => chooseMethod(world, ticket, option))
    if (chosen !== 'not_now') await say(way, 'chosen', 'choose')
    return slipped
  }
  const code = slipped ? await codeOf(way, method, reset) : '000000'
  if (code === null) {
    await rest(world)
    return slipped
  }
  const tried = slipped ? 'prove' : 'guess'
  const answered = await attempt(way, tried, () => answerChallenge(world, ticket, { kind: 'code', code }))
  if (answered === 'not_now') return slipped
  if (answered.right) way.used.push({ method, code })
  await say(way, answered.right ? 'right' : 'wrong', tried)
  return true
}

/** What the person holds or got; null while no mail has come. */
export async function codeOf(
  { world, person }: Pick<Walk, 'world' | 'person'>,
  method: MethodName,
  { reference }: Pick<Reset, 'reference'>,
): Promise<string | null> {
  if (method === 'recovery_code') return person.codes[0] ?? null
  if (method === 'app_code') return appCodeOf(world, person)
  await housekeep(world)
  const codes = world.sent.flatMap(({ message }) =>
    message.kind === 'code' && message.reference === reference ? [message.code] : [],
  )
  return codes.at(-1) ?? null
}

export function appCodeOf(world: TestWorld, { seed }: Pick<Walker, 'seed'>): string {
  const { clock, random, keys } = world
  const context = { now: clock.now(), random, keys, strict: false, reference: '' }
  return shownCode(world.methods.app_code.fromImport(context, { secret: seed }) ?? '', clock.now()).code
}

async function commit(way: Way, ticket: Ticket): Promise<void> {
  const written = await attempt(way, 'commit', () => commitReset(way.world, ticket, way.password))
  if (written !== 'not_now') await say(way, written.said, 'commit')
}
