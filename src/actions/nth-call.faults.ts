// Fault at the n-th call, for every n (security.md, How to test it, 3): one reset against a real slapd, in which one call
// to the store, the directory or the mail server fails before it did anything, after it, or never answers (INV-1 to INV-6).
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { FAULTS, type Fault } from '../../rig/faulty.ts'
import { judgeEnd, judgeLeft, judgeNext, judgeReplays, watch } from '../../rig/faulty-judge.ts'
import { guessAsStranger, openScene, type Scene } from '../../rig/faulty-scene.ts'
import { walk } from '../../rig/faulty-walk.ts'
import { configOf } from '../../rig/openldap.ts'
import { personDn, type Slapd, startSlapd } from '../../rig/slapd.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { minutes, systemClock } from '../lib/clock.ts'
import { newToken, systemRandom } from '../lib/random.ts'

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
/** More than all ways together have calls. */
const PEOPLE = 1_500
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

/** The tests would be void if these were never broken. */
const CALLS_OF_A_RESET = [
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
const CALLS_OF_SETTLING = ['directory.outcome', 'resets.unsettled', 'resets.save', 'tx.audit', 'outbox.add']

describe.each(FAULTS)('one call that fails: %s', fault => {
  it('anywhere in a reset: no lie, one write, nothing lost, nothing used twice, and it mends', {
    timeout: minutes(10),
  }, async () => {
    const ways = await everyWay(n => wayThrough(n, fault, false))
    expect(problemsOf(ways)).toEqual([])
    expect(ways.map(({ fired }) => fired)).toEqual(expect.arrayContaining(CALLS_OF_A_RESET))
  })

  it('while a lost answer is being settled: the same', { timeout: minutes(10) }, async () => {
    const ways = await everyWay(n => wayThrough(n, fault, true))
    expect(problemsOf(ways)).toEqual([])
    expect(ways.map(({ fired }) => fired)).toEqual(expect.arrayContaining(CALLS_OF_SETTLING))
  })
})

type Way = { readonly n: number; readonly fired: string | null; readonly problems: readonly string[] }

const problemsOf = (ways: readonly Way[]): string[] =>
  ways.flatMap(({ n, fired, problems }) => problems.map(problem => `${n} ${fired}: ${problem}`))

/** The first call is broken, the second, and so on, until there are no more calls than that. */
async function everyWay(through: (n: number) => Promise<Way>): Promise<Way[]> {
  const ways: Way[] = []
  let next = 1
  let isOver = false
  const walkOn = async (): Promise<void> => {
    while (!isOver) {
      const way = await through(next++)
      ways.push(way)
      isOver ||= way.fired === null
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, walkOn))
  return ways
}

const binds = async (login: string, password: string): Promise<boolean> =>
  (await slapd.hand.tryBind(personDn(login), password)).ok

/** One person, one database, one reset whose `n`-th call is broken, counted from its start or from its lost answer. */
async function wayThrough(n: number, fault: Fault, isLost: boolean): Promise<Way> {
  const login = people.pop()
  if (login === undefined) throw new Error('there are more calls than people')
  const scene = await openScene({ directory, login, binds })
  const password = `New-${newToken(systemRandom)}`
  const problems: string[] = []
  let fired: string | null = null
  try {
    await guessAsStranger(scene)
    if (isLost) scene.loseAnswers(true)
    else scene.plan.arm(n, fault)
    fired = await resetAndJudge(scene, password, problems, () => isLost && scene.plan.arm(n, fault))
  } catch (error) {
    problems.push(String(error))
  }
  problems.push(...(await judgeLeft(scene, [OLD, password])))
  return { n, fired, problems }
}

async function resetAndJudge(
  scene: Scene,
  password: string,
  problems: string[],
  onLost: () => void,
): Promise<string | null> {
  const { world, person, plan } = scene
  const watching = watch(scene)
  const walked = await walk({
    ...{ world, person, password, ways: ['app_code', 'email'], slips: true },
    onAnswer: (said, tried) => {
      watching.look(said, tried)
      if (said === 'uncertain') onLost()
    },
  })
  const fired = plan.fired()
  plan.arm(0, 'before')
  scene.loseAnswers(false)
  problems.push(...watching.problems, ...(await judgeReplays(scene, walked)))
  problems.push(...(await judgeEnd(scene, walked, { old: OLD, password })), ...(await judgeNext(scene)))
  return fired
}
