// Fault at the n-th call, for every n (security.md, How to test it, 3): one reset against a real slapd, in which one call
// to the store, the directory or the mail server fails before it did anything, after it, or never answers (INV-1 to INV-6).
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { filesIn, leaks } from '../../rig/canary.ts'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import {
  type EffectiveWrite,
  FAULTS,
  type Fault,
  faultPlan,
  faultyDirectory,
  faultyNotifier,
  faultyStore,
  recordedWrites,
} from '../../rig/faulty.ts'
import { enrollWalker, rest, type Said, type Walked, type Walker, walk } from '../../rig/faulty-walk.ts'
import { configOf } from '../../rig/openldap.ts'
import { personDn, type Slapd, startSlapd } from '../../rig/slapd.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import { guarded } from '../directories/guarded.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { AppError } from '../errors.ts'
import { minutes, seconds, systemClock } from '../lib/clock.ts'
import { createLog } from '../lib/log.ts'
import { newBase32, newToken, systemRandom } from '../lib/random.ts'
import type { MethodName } from '../method.ts'
import { answerChallenge, chooseMethod } from './prove.ts'
import { startReset } from './start.ts'
import type { Caller } from './world.ts'
import { commitReset } from './write.ts'

/** Nobody waits as long as people do: a call that never answers ends after these milliseconds. */
const { DEADLINE_MS, STORE_WAIT_MS } = vi.hoisted(() => ({ DEADLINE_MS: 6_000, STORE_WAIT_MS: 4_000 }))
vi.mock(import('../lib/clock.ts'), async original => {
  const clock = await original()
  return { ...clock, deadline: (ms, parent) => clock.deadline(Math.min(ms, DEADLINE_MS), parent) }
})
vi.mock('../store/connection.ts', async original => ({
  ...(await original<typeof import('../store/connection.ts')>()),
  WAIT_MS: STORE_WAIT_MS,
}))

/** Ways at once: most of one is waiting, for the directory's next second or for a deadline. */
const AT_ONCE = 16
/** More than one way has calls. */
const PEOPLE = 1_200
const LONG_AGO = new Date('2020-01-01T00:00:00Z')
const OLD = 'Quiet-harbour old 1'

let slapd: Slapd
let directory: Directory
const people = Array.from({ length: PEOPLE }, (_, index) => `w${index}`)

beforeAll(async () => {
  slapd = await startSlapd({
    users: people.map(uid => ({ uid, password: OLD, passwordChangedAt: LONG_AGO })),
  })
  directory = createLdapDirectory(configOf(slapd, slapd.url), systemClock)
})
afterAll(async () => {
  await directory.close()
  await slapd.stop()
})

describe.each(FAULTS)('one call that fails: %s', fault => {
  it('tells no lie, writes once, loses no record, forgets no use and no count, and mends', {
    timeout: minutes(10),
  }, async () => {
    const ways = await everyWay(fault)
    expect(ways.flatMap(({ n, fired, problems }) => problems.map(each => `${n} ${fired}: ${each}`))).toEqual(
      [],
    )
    console.log(fault, ways.length, process.cpuUsage(), performance.now())
    expect(ways.map(({ fired }) => fired)).toEqual(expect.arrayContaining(SOME_CALLS))
  })
})

/** The first call is broken, the second, and so on, until there are no more calls than that. */
async function everyWay(fault: Fault): Promise<Way[]> {
  const ways: Way[] = []
  let next = 1
  let isOver = false
  const walkOn = async (): Promise<void> => {
    while (!isOver) {
      const way = await wayWithFault(next++, fault)
      ways.push(way)
      isOver ||= way.fired === null
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, walkOn))
  return ways
}

/** The test would be void if these were never broken. */
const SOME_CALLS = [
  'transact',
  'read',
  'tx.audit',
  'resets.save',
  'limits.add',
  'enrollments.advance',
  'outbox.claim',
  'outbox.done',
  'notifier.send',
  'directory.find',
  'directory.setPassword',
]

type Way = { readonly n: number; readonly fired: string | null; readonly problems: readonly string[] }

/** One person, one database, one reset in which the `n`-th call is broken; then the same again without a fault. */
async function wayWithFault(n: number, fault: Fault): Promise<Way> {
  const folder = tempFolder('nth-call')
  const scene = await openScene(folder)
  const { world, person, plan } = scene
  const problems: string[] = []
  try {
    await guessAsStranger(world, person)
    const check = watch(scene, problems)
    plan.arm(n, fault)
    const password = `New-${newToken(systemRandom)}`
    const ways: MethodName[] = ['app_code', 'email']
    const walked = await walk({ world, person, ways, password, slips: true, onAnswer: check })
    const fired = plan.fired()
    plan.arm(0, fault)
    problems.push(...(await judge(scene, walked, password)))
    problems.push(...(await judgeReplays(scene, walked)))
    problems.push(...(await judgeNext(scene)))
    return { n, fired, problems }
  } catch (error) {
    return { n, fired: plan.fired(), problems: [...problems, String(error)] }
  } finally {
    await world.store.close()
    problems.push(...leaks([...filesIn(folder.path), Buffer.from(scene.log())], scene.secrets))
    folder.remove()
  }
}

type Scene = {
  readonly world: TestWorld
  readonly person: Walker
  readonly plan: ReturnType<typeof faultPlan>
  readonly writes: readonly EffectiveWrite[]
  readonly counters: () => ReadonlyMap<string, number>
  readonly log: () => string
  readonly secrets: readonly string[]
}

async function openScene(folder: TempFolder): Promise<Scene> {
  const login = people.pop()
  if (login === undefined) throw new Error('there are more calls than people')
  const codes = [1, 2, 3].map(() => newBase32(systemRandom, 16))
  const person = { login, seed: newBase32(systemRandom, 32), address: `${login}@private.example`, codes }
  const clock = fakeClock(systemClock.now())
  const plan = faultPlan()
  const { directory: recorded, writes } = recordedWrites(directory)
  const file = join(folder.path, 'postern.db')
  const lines: string[] = []
  const plain = await testWorld([guarded(faultyDirectory(recorded, plan), clock)], { file, clock })
  const world = {
    ...plain,
    store: faultyStore(plain.store, plan),
    notifiers: plain.notifiers.map(notifier => faultyNotifier(notifier, plan)),
    log: createLog(line => void lines.push(line)),
  }
  await enrollWalker(world, person)
  const secrets = [OLD, person.seed, ...codes]
  return { world, person, plan, writes, counters: () => countersIn(file), log: () => lines.join(''), secrets }
}

/** Past every fault: straight from the file. */
function countersIn(file: string): ReadonlyMap<string, number> {
  const db = new DatabaseSync(file, { readOnly: true })
  const rows = db.prepare('select name, value from limits').all()
  db.close()
  return new Map(rows.map(({ name, value }) => [String(name), Number(value)]))
}

const STRANGER: Caller = { source: '203.0.113.9', browser: null, provedBefore: () => false }

async function start(world: TestWorld, login: string, caller: Caller, botCheck?: string) {
  const solution = botCheck ?? (await solved(world))
  const request = { login, botCheck: solution, goal: 'password', locale: 'en', shared: false } as const
  const { reset, token } = await startReset(world, request, caller)
  return { options: reset.options, ticket: { id: reset.id, token } }
}

type Started = Awaited<ReturnType<typeof start>>

/** Chooses and answers; whether that was right. */
async function tryCode(world: TestWorld, { options, ticket }: Started, method: MethodName, code: string) {
  await chooseMethod(world, ticket, options.find(option => option.method === method)?.id ?? '')
  return (await answerChallenge(world, ticket, { kind: 'code', code })).right
}

/** Three wrong recovery codes: a count that no fault may lower. */
async function guessAsStranger(world: TestWorld, { login }: Walker): Promise<void> {
  const stranger = await start(world, login, STRANGER)
  for (let guess = 0; guess < 3; guess += 1)
    await tryCode(world, stranger, 'recovery_code', newBase32(systemRandom, 16))
}

/** After each answer: no count is lower than before, but those that a right answer clears (INV-5); "not now" is none. */
function watch({ counters, writes }: Scene, problems: string[]) {
  let before = counters()
  return (said: Said, tried: string): void => {
    const now = counters()
    for (const [name, value] of before) {
      const cleared = tried === 'prove' && /^fail(ures|ing source):/.test(name) && !name.includes('recovery')
      if (!cleared && (now.get(name) ?? 0) < value)
        problems.push(`${name} fell from ${value} to ${now.get(name)} after ${tried}: ${said}`)
    }
    before = now
    if (said === 'not_now' && tried === 'commit' && writes.length > 0)
      problems.push('"not now" was said although the password was written')
    if (said === 'done' && writes.length !== 1) problems.push(`"done" was said after ${writes.length} writes`)
    if (said === 'wrong' && tried === 'prove') problems.push('a right code was refused')
  }
}

const RECORD_OF: Partial<Record<Said, readonly string[]>> = {
  started: ['reset.started'],
  chosen: ['reset.challenge_begun'],
  right: ['reset.answer_passed'],
  wrong: ['reset.answer_failed'],
  uncertain: ['reset.uncertain'],
  done: ['reset.written', 'reset.settled'],
}

/** What was said against the directory and the record, when all is over (INV-1, INV-2, INV-3, INV-10). */
async function judge({ world, person, writes }: Scene, walked: Walked, password: string): Promise<string[]> {
  const { reset, said } = walked
  const problems: string[] = []
  const expectThat = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(`${problem} (${said.join(' ')})`)
  }
  const binds = async (each: string) => (await slapd.hand.tryBind(personDn(person.login), each)).ok
  expectThat(reset.phase.name === 'done', `the reset ended as ${reset.phase.name}`)
  expectThat(await binds(password), 'the new password does not open the directory')
  expectThat(!(await binds(OLD)), 'the old password opens the directory')
  expectThat(writes.length === 1, `the directory was written ${writes.length} times`)
  const events = await world.store.read(tx => tx.auditRecords(0, 10_000))
  const names = events.filter(event => event.reset === reset.id).map(({ name }) => name)
  for (const [what, records] of Object.entries(RECORD_OF)) {
    const answered = said.filter(each => each === what).length
    const kept = names.filter(name => records.includes(name)).length
    expectThat(kept >= answered, `${what} was said ${answered} times, and is on record ${kept} times`)
  }
  expectThat(names.filter(name => name === 'reset.writing').length <= 1, 'two intentions are on record')
  for (let round = 0; round < 15; round += 1) await rest(world)
  const told = world.sent.filter(({ message }) => message.kind === 'password_reset')
  const addresses = new Set(told.map(({ address }) => address.to))
  expectThat(addresses.size === 2, `${addresses.size} of 2 addresses were told`)
  return problems
}

/** What was used proves nothing again: solved checks, codes, the reset itself (INV-4). */
async function judgeReplays({ world, person, writes }: Scene, walked: Walked): Promise<string[]> {
  const problems: string[] = []
  const again = await start(world, person.login, STRANGER)
  for (const { method, code } of walked.used)
    if (await tryCode(world, again, method, code)) problems.push(`a used ${method} passed again`)
  for (const botCheck of walked.botChecks) {
    const replay = await start(world, person.login, STRANGER, botCheck).catch((error: unknown) => error)
    if (!(replay instanceof AppError) || replay.code !== 'bot-check-failed')
      problems.push(`a solved check worked again: ${String(replay)}`)
  }
  const count = writes.length
  await commitReset(world, walked.ticket, 'Another password 4711')
  if (writes.length !== count) problems.push('a finished reset wrote again')
  return problems
}

/** The same person comes back a minute later, and nobody had to mend anything (INV-9); saved codes work once. */
async function judgeNext({ world, person }: Scene): Promise<string[]> {
  world.clock.advance(seconds(61))
  const password = `Next-${newToken(systemRandom)}`
  const { reset, said } = await walk({ world, person, ways: ['app_code', 'recovery_code'], password })
  if (reset.phase.name !== 'done') return [`the next reset ended as ${reset.phase.name} (${said.join(' ')})`]
  if (!(await slapd.hand.tryBind(personDn(person.login), password)).ok)
    return ['the next reset said done, but the password does not open the directory']
  const again = await start(world, person.login, STRANGER)
  const used = await tryCode(world, again, 'recovery_code', person.codes[0] ?? '')
  return used ? ['a used recovery code passed again'] : []
}
