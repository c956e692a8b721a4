// One person, one database and one directory in which a single call may be broken, and what can be known from outside
// about what happened: what was written, what is counted, what stands in files and log.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { answerChallenge, chooseMethod } from '../src/actions/prove.ts'
import { startReset } from '../src/actions/start.ts'
import type { Caller } from '../src/actions/world.ts'
import { guarded } from '../src/directories/guarded.ts'
import { type Directory, DirectoryError } from '../src/directory.ts'
import { systemClock } from '../src/lib/clock.ts'
import { createLog } from '../src/lib/log.ts'
import { newBase32, systemRandom } from '../src/lib/random.ts'
import type { MethodName } from '../src/method.ts'
import { filesIn } from './canary.ts'
import { tempFolder } from './child.ts'
import { fakeClock } from './clock.ts'
import {
  type EffectiveWrite,
  faultPlan,
  faultyDirectory,
  faultyNotifier,
  faultyStore,
  type Plan,
  recordedWrites,
} from './faulty.ts'
import { enrollWalker, type Walker } from './faulty-walk.ts'
import { solved, type TestWorld, testWorld } from './world.ts'

export type Scene = {
  readonly world: TestWorld
  readonly person: Walker
  readonly plan: Plan
  /** What the directory really wrote, oldest first. */
  readonly writes: readonly EffectiveWrite[]
  /** From now on the answer to every write is lost, or none is. */
  loseAnswers(lost: boolean): void
  /** Every counter of the store, past all faults. */
  counters(): ReadonlyMap<string, number>
  /** Does this password open the directory? */
  binds(password: string): Promise<boolean>
  /** Closes the store, and gives all that was left behind: files, log lines. */
  close(): Promise<readonly Buffer[]>
}

export type Room = {
  readonly directory: Directory
  readonly login: string
  readonly binds: (login: string, password: string) => Promise<boolean>
}

export async function openScene({ directory, login, binds }: Room): Promise<Scene> {
  const folder = tempFolder('scene')
  const file = join(folder.path, 'postern.db')
  const codes = [1, 2, 3].map(() => newBase32(systemRandom, 16))
  const person = { login, seed: newBase32(systemRandom, 32), address: `${login}@private.example`, codes }
  const clock = fakeClock(systemClock.now())
  const plan = faultPlan()
  const { directory: recorded, writes } = recordedWrites(directory)
  const losing = answerLoser(recorded)
  const lines: string[] = []
  const plain = await testWorld([guarded(faultyDirectory(losing.directory, plan), clock)], { file, clock })
  const world = {
    ...plain,
    store: faultyStore(plain.store, plan),
    notifiers: plain.notifiers.map(notifier => faultyNotifier(notifier, plan)),
    log: createLog(line => void lines.push(line)),
  }
  await enrollWalker(world, person)
  return {
    ...{ world, person, plan, writes, loseAnswers: losing.lose },
    counters: () => countersIn(file),
    binds: password => binds(login, password),
    async close() {
      await world.store.close()
      const left = [...filesIn(folder.path), Buffer.from(lines.join(''))]
      folder.remove()
      return left
    },
  }
}

function answerLoser(directory: Directory) {
  let lost = false
  const setPassword: Directory['setPassword'] = async (ref, write, signal) => {
    const answer = await directory.setPassword(ref, write, signal)
    if (lost) throw new DirectoryError('the test lost the answer', true)
    return answer
  }
  const losing = new Proxy(directory, {
    get: (target, key) => (key === 'setPassword' ? setPassword : Reflect.get(target, key)),
  })
  const lose = (now: boolean): void => {
    lost = now
  }
  return { directory: losing, lose }
}

function countersIn(file: string): ReadonlyMap<string, number> {
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = db.prepare('select name, value from limits').all()
  db.close()
  return new Map(rows.map(({ name, value }) => [String(name), Number(value)]))
}

export const STRANGER: Caller = { source: '203.0.113.9', browser: null, provedBefore: () => false }

/** Somebody else begins a reset of `login`; `botCheck`: a solution that they have. */
export async function startAsStranger(world: TestWorld, login: string, botCheck?: string) {
  const solution = botCheck ?? (await solved(world))
  const request = { login, botCheck: solution, goal: 'password', locale: 'en', shared: false } as const
  const { reset, token } = await startReset(world, request, STRANGER)
  return { options: reset.options, ticket: { id: reset.id, token } }
}

type Started = Awaited<ReturnType<typeof startAsStranger>>

/** Chooses and answers; whether that was right. */
export async function tryCode(
  world: TestWorld,
  { options, ticket }: Started,
  method: MethodName,
  code: string,
): Promise<boolean> {
  await chooseMethod(world, ticket, options.find(option => option.method === method)?.id ?? '')
  return (await answerChallenge(world, ticket, { kind: 'code', code })).right
}

/** Three wrong recovery codes: a count that no fault may lower. */
export async function guessAsStranger({ world, person }: Scene): Promise<void> {
  const stranger = await startAsStranger(world, person.login)
  for (let guess = 0; guess < 3; guess += 1)
    await tryCode(world, stranger, 'recovery_code', newBase32(systemRandom, 16))
}
