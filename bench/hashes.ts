// What a sign-in waits for while the answers of many are hashed, and what becomes of too many (DOS-04).
import { join } from 'node:path'
import { freePortPair } from '../rig/child.ts'
import { clientsAt } from '../rig/clients.ts'
import type { Browser, HeldReset } from '../rig/portal.ts'
import { codeOf, get, stopped, type Times } from './client.ts'
import { line, ms, nextSource, percentile, startServer } from './load.ts'
import type { BenchOrder } from './order.ts'
import { fillBuiltin } from './people.ts'
import { PASSWORD, solveMany } from './prepare.ts'

/** Three answers each: a hundred. */
const ANSWERING = 34
/** One is hashed, fifty wait, the rest is turned away. */
const TOO_MANY = 60
const TRIES = 5
const HEALTH_EVERY_MS = 50

type Place = Pick<BenchOrder, 'locales' | 'assets'> & { readonly folder: string }

/** Prints the p95 of a sign-in alone and beside a hundred answers (target: the hash under twice its own time). */
export async function benchHashes({ folder, ...assets }: Place, isQuick: boolean): Promise<void> {
  const file = join(folder, 'builtin.db')
  const people = await fillBuiltin(file, ANSWERING + TOO_MANY)
  const server = await startServer({
    file,
    directory: null,
    ...assets,
    port: await freePortPair(),
    delivers: false,
  })
  const clients = clientsAt(server.port)
  const solutions = await solveMany(1_000)
  const signIn = async (times: Times): Promise<void> => {
    const solution = solutions.pop()
    if (!solution) throw new Error('the bench ran out of bot checks')
    await signedIn(clients.browser(nextSource()), solution, times)
  }
  const resets: HeldReset[] = []
  for (const { login, seed } of people) {
    const reset = await clients.start(login, {}, nextSource())
    await reset.choose('app_code')
    await reset.answer(codeOf(seed))
    resets.push(reset)
  }
  for (let warm = 0; warm < 10; warm++) await signIn(new Map())
  const alone = await watched(server.port, async times => {
    for (let runs = isQuick ? 30 : 100; runs > 0; runs--) await signIn(times)
  })
  print('sign-in, built-in directory', alone, alone)
  const beside = await watched(server.port, async times => {
    let isBusy = true
    const answering = resets.slice(0, ANSWERING).map(answerAll)
    void Promise.race(answering).finally(() => (isBusy = false))
    while (isBusy) await signIn(times)
    await Promise.all(answering)
  })
  print('  while 100 answers are hashed', beside, alone)
  const flood = await watched(server.port, () => overflow(resets.slice(ANSWERING)))
  line(`  health meanwhile                 ${ms(Math.max(beside.healthMs, flood.healthMs))} ms at most`)
  clients.leave()
  await server.stop()
}

async function signedIn(browser: Browser, solution: string, times: Times): Promise<void> {
  await browser.get('/sign-in')
  const fields = { login: 'visitor', password: PASSWORD, bot_check: solution }
  const { status } = await stopped(times, 'sign-in', () => browser.post('/sign-in', fields))
  if (status !== 303) throw new Error(`a sign-in was answered by ${status}`)
}

/** Wrong, as often as is judged; whoever is turned away comes again. */
async function answerAll(reset: HeldReset): Promise<void> {
  for (let tries = 0; tries < TRIES; ) {
    const { status, text } = await reset.answers(wrongOf(reset))
    if (status === 422) tries++
    else if (status !== 503) throw new Error(`answers: ${status} ${text}`)
  }
}

const wrongOf = (reset: HeldReset): Readonly<Record<string, string>> => {
  const prompt = reset.told().challenge?.prompt
  if (prompt?.kind !== 'questions') throw new Error('no questions are asked')
  return Object.fromEntries(prompt.questions.map(({ id }) => [id, 'what nobody answered']))
}

/** All at once. */
async function overflow(resets: readonly HeldReset[]): Promise<void> {
  const answers = await Promise.all(resets.map(reset => reset.answers(wrongOf(reset))))
  const judged = answers.filter(({ status }) => status === 422).length
  const away = answers.filter(({ status, headers }) => status === 503 && headers['retry-after']).length
  line(
    `  ${resets.length} sets of answers at once       ${String(judged).padStart(5)} judged, ${away} answered by 503 with Retry-After`,
  )
}

type Watched = {
  /** Milliseconds: of sign-ins, and of the hash in them with its wait. */
  readonly signIns: readonly number[]
  readonly hashes: readonly number[]
  readonly healthMs: number
}

/** Asks for health all the while. */
async function watched(port: number, run: (times: Times) => Promise<void>): Promise<Watched> {
  const times: Times = new Map()
  await hashesOf(port)
  let isOver = false
  let healthMs = 0
  const asking = (async () => {
    while (!isOver) {
      const from = performance.now()
      await get(port, '/health/live')
      healthMs = Math.max(healthMs, performance.now() - from)
      await new Promise(resolve => setTimeout(resolve, HEALTH_EVERY_MS))
    }
  })()
  await run(times).finally(() => (isOver = true))
  await asking
  return { signIns: times.get('sign-in') ?? [], hashes: await hashesOf(port), healthMs }
}

const hashesOf = async (port: number): Promise<readonly number[]> =>
  ((await get(port, '/bench/verified')).body as unknown as { verified: number[] }).verified // its own answer

function print(name: string, { signIns, hashes }: Watched, alone: Watched): void {
  const own = percentile(alone.hashes, 0.5)
  const p95 = percentile(hashes, 0.95)
  line(
    `${name.padEnd(34)} hash p50 ${ms(percentile(hashes, 0.5))} ms   p95 ${ms(p95)} ms (${(p95 / own).toFixed(2)} × its own)   whole p50 ${ms(percentile(signIns, 0.5))} ms   p95 ${ms(percentile(signIns, 0.95))} ms   (${signIns.length} sign-ins)`,
  )
}
