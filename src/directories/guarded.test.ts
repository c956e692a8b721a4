import { expect, test } from 'vitest'
import type { AccountRef } from '../account.ts'
import { type Directory, DirectoryError, type Health, written } from '../directory.ts'
import { type Instant, systemClock } from '../lib/clock.ts'
import { directoryConformance } from './conformance.ts'
import { OPENLDAP_KNOWS, openldapRig } from './conformance-openldap.ts'
import { GUARD_LIMITS, type GuardLimits, guarded } from './guarded.ts'

directoryConformance('a guarded OpenLDAP', OPENLDAP_KNOWS, () =>
  openldapRig(directory => guarded(directory, systemClock)),
)

const REF: AccountRef = { directory: 'double', id: '1' }
const WRITE = { password: 'New-Passw0rd 1', unlock: false, key: 'k' }
const never = AbortSignal.any([])
const fine: Health = { reachable: true, writable: true, warnings: [] }

/** Answers what `say` says, and hangs where it says nothing; counts how often it was asked. */
function double(say: () => Promise<unknown>) {
  const asked = { times: 0, atOnce: 0, most: 0 }
  const answer = async (): Promise<never> => {
    asked.times++
    asked.most = Math.max(asked.most, ++asked.atOnce)
    try {
      return (await say()) as never // as: a double that answers anything.
    } finally {
      asked.atOnce--
    }
  }
  const can = { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: true }
  const directory: Directory = {
    ...{ name: 'double', can, domains: [] },
    ...{
      find: answer,
      findBy: answer,
      read: answer,
      authenticate: answer,
      setPassword: answer,
      changePassword: answer,
    },
    ...{ unlock: answer, search: answer, groups: answer, members: answer, outcome: answer, check: answer },
    close: async () => undefined,
  }
  return { directory, asked }
}

function setUp(say: () => Promise<unknown>, limits: Partial<GuardLimits> = {}) {
  const time: { now: Instant } = { now: 0 }
  const { directory, asked } = double(say)
  const log: string[] = []
  const clock = { now: () => time.now }
  const guard = guarded(directory, clock, { ...GUARD_LIMITS, ...limits }, event => log.push(event))
  return { guard, asked, time, log }
}

const failing = (): Promise<never> => Promise.reject(new DirectoryError('lost', true))
const hanging = (): Promise<never> => new Promise(() => undefined)

test('a call that never comes back ends at its deadline, and a write may have happened', async () => {
  const { guard } = setUp(hanging, { readMs: 20, writeMs: 40 })
  await expect(guard.find('a', never)).rejects.toMatchObject({ name: 'DirectoryError', sent: false })
  await expect(guard.setPassword(REF, WRITE, never)).rejects.toMatchObject({ sent: true })
})

test('what an adapter throws by mistake becomes an answer that nobody knows', async () => {
  const { guard } = setUp(() => Promise.reject(new TypeError('a bug')))
  await expect(guard.setPassword(REF, WRITE, never)).rejects.toMatchObject({
    name: 'DirectoryError',
    sent: true,
  })
})

test('so many are asked at once, so many wait, and one more is turned away at once', async () => {
  const open: (() => void)[] = []
  const say = () => new Promise<null>(resolve => open.push(() => resolve(null)))
  const { guard, asked, log } = setUp(say, { running: 2, waiting: 3 })
  const calls = Array.from({ length: 5 }, () => guard.find('a', never))
  await expect(guard.find('a', never)).rejects.toMatchObject({ sent: false })
  expect(guard.counts()).toMatchObject({ running: 2, waiting: 3, turnedAway: 1 })
  expect(log).toEqual(['directory_full'])
  const settled = Promise.all(calls)
  while (asked.times < 5 || open.length > 0) {
    open.shift()?.()
    await Promise.resolve()
  }
  expect(await settled).toEqual([null, null, null, null, null])
  expect(asked.most).toBe(2)
})

test('who gives up while waiting leaves the place to the next', async () => {
  const open: (() => void)[] = []
  const say = () => new Promise<null>(resolve => open.push(() => resolve(null)))
  const { guard, asked } = setUp(say, { running: 1, waiting: 2 })
  const first = guard.find('a', never)
  const leaving = new AbortController()
  const second = guard.find('b', leaving.signal)
  const third = guard.find('c', never)
  leaving.abort()
  await expect(second).rejects.toMatchObject({ sent: false })
  for (let turn = 0; turn < 50; turn++) {
    open.shift()?.()
    await Promise.resolve()
  }
  expect(await Promise.all([first, third])).toEqual([null, null])
  expect(asked.times).toBe(2)
})

test('after failures in a row the directory rests, then one call tries, and decides', async () => {
  let say: () => Promise<unknown> = failing
  const { guard, asked, time, log } = setUp(() => say(), { failures: 3, restMs: 1_000 })
  for (let times = 0; times < 3; times++) await expect(guard.find('a', never)).rejects.toThrow('lost')
  await expect(guard.setPassword(REF, WRITE, never)).rejects.toMatchObject({ sent: false })
  expect(asked.times).toBe(3)
  time.now = 1_000
  await expect(guard.find('a', never)).rejects.toThrow('lost')
  await expect(guard.find('a', never)).rejects.toMatchObject({ sent: false })
  expect(asked.times).toBe(4)
  time.now = 2_000
  say = async () => null
  const [one, two] = await Promise.allSettled([guard.find('a', never), guard.find('a', never)])
  expect([one?.status, two?.status]).toEqual(['fulfilled', 'rejected'])
  expect(await guard.find('a', never)).toBeNull()
  expect(log).toEqual(['directory_resting', 'directory_back'])
  expect(guard.counts()).toMatchObject({ rests: 1, failures: 4, turnedAway: 3 })
})

test('refusals are answers: they never make a directory rest', async () => {
  const { guard, asked } = setUp(async () => ({ ok: false, refusal: { reason: 'too_short' } }), {
    failures: 2,
  })
  for (let times = 0; times < 10; times++) await guard.setPassword(REF, WRITE, never)
  expect(asked.times).toBe(10)
})

test('who goes away says nothing about the directory', async () => {
  const { guard, asked } = setUp(hanging, { failures: 2 })
  for (let times = 0; times < 5; times++)
    await expect(guard.find('a', AbortSignal.timeout(1))).rejects.toBeInstanceOf(DirectoryError)
  expect(asked.times).toBe(5)
})

test('health is asked once for all, kept for a while, and a rest counts as down', async () => {
  let say: () => Promise<unknown> = async () => fine
  const { guard, asked, time } = setUp(() => say(), { failures: 1, healthMs: 500, restMs: 2_000 })
  expect(await Promise.all([guard.check(never), guard.check(never), guard.check(never)])).toEqual([
    fine,
    fine,
    fine,
  ])
  expect(await guard.check(never)).toEqual(fine)
  expect(asked.times).toBe(1)
  time.now = 500
  say = async () => ({ ...fine, reachable: false })
  expect(await guard.check(never)).toMatchObject({ reachable: false })
  time.now = 1_000
  say = async () => fine
  expect(await guard.check(never)).toMatchObject({ reachable: false })
  expect(asked.times).toBe(2)
  time.now = 2_500
  expect(await guard.check(never)).toEqual(fine)
})

test('a health that nobody waits for any more is still learned', async () => {
  const { guard, asked } = setUp(async () => fine)
  expect(await guard.check(AbortSignal.abort())).toMatchObject({ reachable: false })
  expect(await guard.check(never)).toEqual(fine)
  expect(asked.times).toBe(1)
})

test('an answer goes through as it is', async () => {
  const { guard } = setUp(async () => written)
  expect(await guard.setPassword(REF, WRITE, never)).toEqual(written)
  expect(guard.counts()).toEqual({ calls: 1, failures: 0, turnedAway: 0, rests: 0, running: 0, waiting: 0 })
})
