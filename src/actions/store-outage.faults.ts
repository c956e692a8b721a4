// A database that dies in the middle, and a disk that is full (INV-1, INV-4, INV-5, INV-8, INV-9, RL-14, AUD-03): nothing is
// checked, sent or written without a record, nobody is told what is not so, and it goes on by itself.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { type Postgres, startPostgres } from '../../rig/postgres.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  oldPasswordOf,
  passGates,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { seconds, systemClock } from '../lib/clock.ts'
import { settleDue } from './settle.ts'
import type { CrashPoint } from './world.ts'

const LIMIT_MS = seconds(7)
const NOT_NOW = [503, 'urn:postern:problem:not-now']

let victims: Victims
let postgres: Postgres
let world: TestWorld
let portal: RunningPortal
/** What happens when a request comes to a point. */
let onReached: Partial<Record<CrashPoint, () => void>>

beforeAll(async () => {
  victims = await startVictims()
  postgres = await startPostgres({ durable: true })
})
afterAll(async () => {
  await victims.stop()
  await postgres.stop()
})
beforeEach(() => {
  onReached = {}
})

async function open(where: { file: string } | { databaseUrl: string }): Promise<void> {
  world = await testWorld([victims.directory], {
    ...{ ...where, clock: fakeClock(systemClock.now()) },
    reached: point => onReached[point]?.(),
  })
  portal = await startPortal(world)
}

async function close(): Promise<void> {
  await portal.stop()
  await world.store.close()
}

async function atPassword(login: string): Promise<HeldReset> {
  await enrol(world, login)
  const reset = await portal.start(login)
  await passGates(world, reset, login)
  return reset
}

/** A reset with one wrong answer given, at its app code. */
async function atGuess(login: string): Promise<HeldReset> {
  const reset = await portal.start(login)
  await reset.choose('app_code')
  await reset.answer('000000')
  return reset
}

const toldOf = ({ status, told }: Answer) => [status, told.type]
const untouched = (login: string): Promise<boolean> => victims.binds(login, oldPasswordOf(login))

/** Every step of two people, at once, and each within its time. */
async function everyStep(held: HeldReset, proving: HeldReset): Promise<Answer[]> {
  const from = performance.now()
  const body = { login: 'alice', bot_check: 'x' }
  const answers = await Promise.all([
    portal.ask('/api/v1/resets', { method: 'POST', body }),
    portal.ask('/api/v1/resets', { method: 'POST', body: { ...body, login: 'zz999' } }),
    proving.answer(appCodeNow(world)),
    proving.choose('recovery_code'),
    held.password('a quite new password 1'),
  ])
  expect(performance.now() - from).toBeLessThan(LIMIT_MS)
  return answers
}

/** Nothing was spent: the right answer still counts, and the proofs still open. */
async function expectNothingSpent(held: HeldReset, proving: HeldReset, login: string): Promise<void> {
  await delivered(world)
  expect(world.sent).toEqual([])
  expect(await untouched(login)).toBe(true)
  expect((await proving.get()).told.challenge?.tries_left).toBe(4)
  expect((await proving.answer(appCodeNow(world))).status).toBe(200)
  expect((await held.get()).told.state).toBe('password')
  expect((await held.password(`a quite new password of ${login}`)).told.state).toBe('done')
  expect(await victims.binds(login, `a quite new password of ${login}`)).toBe(true)
}

/** The doubt ends by itself, and the owner is told once an address. */
async function expectSettled(held: HeldReset, login: string, password: string): Promise<void> {
  for (let waited = 0; waited < 60; waited += 5) {
    world.clock.advance(seconds(5))
    await settleDue(world)
  }
  expect((await held.get()).told.state).toBe('done')
  expect(await victims.binds(login, password)).toBe(true)
  await delivered(world)
  const told = world.sent.filter(({ message }) => message.kind === 'password_reset')
  expect(new Set(told.map(({ address }) => address.to)).size).toBe(told.length)
  expect(told.length).toBe(2)
}

describe('PostgreSQL that dies', () => {
  beforeEach(async () => open({ databaseUrl: await postgres.freshDatabase() }))
  afterEach(close)

  it('stops every step in time and spends nothing; when it is back, all goes on', async () => {
    const held = await atPassword('p01')
    const proving = await atGuess('p01')
    await delivered(world)
    world.sent.length = 0
    await postgres.crash()
    for (const answer of await everyStep(held, proving)) expect(toldOf(answer)).toEqual(NOT_NOW)
    await postgres.restart()
    await expectNothingSpent(held, proving, 'p01')
  })

  it('while the directory writes is no reason to say that nothing happened', async () => {
    const held = await atPassword('p02')
    await delivered(world)
    world.sent.length = 0
    let crashed = Promise.resolve()
    onReached = {
      'write.answered': () => {
        crashed = postgres.crash()
      },
    }
    const answer = await held.password('a quite new password 2')
    expect([answer.status, answer.told.state]).toEqual([200, 'writing'])
    await crashed
    onReached = {}
    await postgres.restart()
    await expectSettled(held, 'p02', 'a quite new password 2')
  })
})

/** Bytes that this process may write to the end of any file: beyond, every write fails, as on a full disk (setrlimit(2)). */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}

describe('a disk that is full', () => {
  const folder = tempFolder('full')
  let file = ''
  let count = 0
  beforeEach(async () => {
    count += 1
    file = join(folder.path, `store-${count}.db`)
    await open({ file })
  })
  afterEach(async () => {
    limitFiles('unlimited')
    await close()
  })
  afterAll(() => folder.remove())
  const fill = (): void => limitFiles(Math.min(statSync(file).size, statSync(`${file}-wal`).size))

  it('stops every step and spends nothing; when there is room again, all goes on', async () => {
    const held = await atPassword('p03')
    const proving = await atGuess('p03')
    await delivered(world)
    world.sent.length = 0
    fill()
    for (const answer of await everyStep(held, proving)) expect(toldOf(answer)).toEqual(NOT_NOW)
    limitFiles('unlimited')
    await expectNothingSpent(held, proving, 'p03')
  })

  it('after the directory wrote is no reason to say that nothing happened', async () => {
    const held = await atPassword('p04')
    await delivered(world)
    world.sent.length = 0
    onReached = { 'write.answered': fill }
    const answer = await held.password('a quite new password 4')
    onReached = {}
    expect([answer.status, answer.told.state]).toEqual([200, 'writing'])
    expect(await victims.binds('p04', 'a quite new password 4')).toBe(true)
    limitFiles('unlimited')
    await expectSettled(held, 'p04', 'a quite new password 4')
  })
})

it('a server that slept between its intention and its write does not write any more', async () => {
  await open({ file: ':memory:' })
  const held = await atPassword('p05')
  onReached = { 'write.intended': () => world.clock.advance(seconds(61)) }
  const answer = await held.password('a quite new password 5')
  onReached = {}
  expect(toldOf(answer)).toEqual(NOT_NOW)
  expect(await untouched('p05')).toBe(true)
  expect((await held.get()).told.state).toBe('password')
  expect((await held.password('a quite new password 5')).told.state).toBe('done')
  await close()
})
