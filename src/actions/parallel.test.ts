// Everything at once: guesses, right answers, the password, the link (RL-02, RL-04, TOK-04, BKP-02, FLW-07, RL-15).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  mailedCode,
  passGates,
  privateMailOf,
  records,
  startVictims,
  type Victims,
  wrongCode,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours } from '../lib/clock.ts'
import { disputeNotice } from './dispute.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
let writes: string[]

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  writes = []
  const { directory } = victims
  const setPassword: typeof directory.setPassword = (ref, write, signal) => {
    writes.push(write.password)
    return directory.setPassword(ref, write, signal)
  }
  world = await testWorld([{ ...directory, setPassword }])
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))
const statuses = (answers: readonly Answer[], status: number): number =>
  answers.filter(answer => answer.status === status).length

async function open(login: string, method: string, source = '192.0.2.1'): Promise<HeldReset> {
  const reset = await portal.start(login, {}, source)
  expect((await reset.choose(method)).status).toBe(201)
  return reset
}

const judged = async (): Promise<number> =>
  (await records(world)).filter(({ name, reason }) => name === 'reset.answer_failed' && reason === 'wrong')
    .length

describe('guesses', () => {
  it('fifty at once are judged five times, and then the right code is refused', async () => {
    await enrol(world, 'p01')
    const reset = await open('p01', 'email')
    const right = await mailedCode(world, privateMailOf('p01'))
    const answers = await times(50, () => reset.answer(wrongCode(right)))
    expect(statuses(answers, 422)).toBe(50)
    expect(await judged()).toBe(5)
    expect((await reset.answer(right)).status).toBe(422)
    expect((await reset.get()).told.gates?.passed).toBe(0)
  })

  it('fifty at once with the right one last do not reach it', async () => {
    await enrol(world, 'p02')
    const reset = await open('p02', 'email')
    const right = await mailedCode(world, privateMailOf('p02'))
    const answers = await times(50, index => reset.answer(index === 49 ? right : wrongCode(right)))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(await judged()).toBeLessThanOrEqual(5)
  })

  it('in many resets of many sources at once are compared thirty times, the cap of the enrollment', async () => {
    await enrol(world, 'p03', ['app_code', 'email'])
    let compared = 0
    const { app_code: method } = world.methods
    const judge: typeof method.judge = (...call) => {
      compared += 1
      return method.judge(...call)
    }
    const counting = await startPortal({
      ...world,
      methods: { ...world.methods, app_code: { ...method, judge } },
    })
    const resets = await times(9, async index => {
      const reset = await counting.start('p03', {}, `10.0.${index}.1`)
      await reset.choose('app_code')
      return reset
    })
    await Promise.all(resets.flatMap(reset => Array.from({ length: 4 }, () => reset.answer('000000'))))
    expect(compared).toBe(30)
    // One try is left in each of them, and the right code with it is refused.
    for (const reset of resets) expect((await reset.answer(appCodeNow(world))).status).toBe(422)
    expect(compared).toBe(30)
    await counting.stop()
  })
})

describe('right answers', () => {
  it('thirty-two times the same code by mail: one passes', async () => {
    await enrol(world, 'p04')
    const reset = await open('p04', 'email')
    const right = await mailedCode(world, privateMailOf('p04'))
    const answers = await times(32, () => reset.answer(right))
    expect(statuses(answers, 200)).toBe(1)
    expect((await reset.get()).told.gates?.passed).toBe(1)
  })

  it.each([
    ['app_code', 'p05', (): string => appCodeNow(world)],
    ['recovery_code', 'p06', (): string => CODES[0]],
  ] as const)('one %s in two resets at once: one passes', async (method, login, code) => {
    await enrol(world, login)
    const resets = [await open(login, method, '192.0.2.1'), await open(login, method, '192.0.2.2')]
    const right = code()
    const answers = await times(32, index => (resets[index % 2] as HeldReset).answer(right))
    expect(statuses(answers, 200)).toBe(1)
    const passed = await Promise.all(resets.map(async reset => (await reset.get()).told.gates?.passed))
    expect(passed.toSorted()).toEqual([0, 1])
    world.clock.advance(hours(1))
    const again = await open(login, method, '192.0.2.3')
    expect((await again.answer(right)).status).toBe(422)
  })

  it('of recovery tell the owner how many are left', async () => {
    await enrol(world, 'p07')
    const reset = await open('p07', 'recovery_code')
    expect((await reset.answer(CODES[1])).status).toBe(200)
    await delivered(world)
    const told = world.sent.filter(({ message }) => message.kind === 'recovery_code_used')
    expect(told.map(({ address }) => address.to).toSorted()).toEqual([
      'p07@example.test',
      'p07@private.example',
    ])
    expect(told[0]?.message).toMatchObject({ left: CODES.length - 1 })
  })
})

describe('the password', () => {
  it('twenty at once are one write and one answer', async () => {
    await enrol(world, 'p08')
    const reset = await portal.start('p08')
    await passGates(world, reset, 'p08')
    const answers = await times(20, index => reset.password(`a quite new password ${index}`))
    expect(statuses(answers, 200)).toBe(20)
    for (const { told } of answers) expect(told.state).toBe('done')
    expect(writes).toHaveLength(1)
    const { pwdHistory } = await victims.slapd.hand.read(personDn('p08'), ['pwdHistory'])
    expect(pwdHistory).toHaveLength(1)
    expect(await victims.binds('p08', writes[0] ?? '')).toBe(true)
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'password_reset')).toHaveLength(2)
  })

  it('of two resets at once is set by one, and the other ends', async () => {
    await enrol(world, 'p09')
    const resets = [await portal.start('p09', {}, '192.0.2.1'), await portal.start('p09', {}, '192.0.2.2')]
    for (const reset of resets) await passGates(world, reset, 'p09')
    await times(2, index => (resets[index] as HeldReset).password(`the password of reset ${index}`))
    const states = await Promise.all(resets.map(async reset => (await reset.get()).told.state))
    const { pwdHistory } = await victims.slapd.hand.read(personDn('p09'), ['pwdHistory'])
    // Whoever is told "done" is told the truth: never fewer writes than yeses, never more.
    expect(pwdHistory).toHaveLength(states.filter(state => state === 'done').length)
    expect(states).toContain('done')
  })
})

it('one solved bot check starts one reset', async () => {
  const bot_check = await portal.solve()
  const answers = await times(20, () =>
    portal.ask('/api/v1/resets', { method: 'POST', body: { login: 'alice', bot_check } }),
  )
  expect(statuses(answers, 201)).toBe(1)
  expect(statuses(answers, 400)).toBe(19)
  // And it costs the owner one start, not ten.
  for (let n = 0; n < 9; n += 1)
    expect((await portal.start('alice', {}, `10.1.${n}.1`)).started.status).toBe(201)
})

it('one "this was not me" holds once', async () => {
  await enrol(world, 'p10')
  const reset = await portal.start('p10')
  await passGates(world, reset, 'p10')
  await reset.password('a quite new password 10')
  await delivered(world)
  const tokens = world.sent.flatMap(({ message }) =>
    message.kind === 'password_reset' ? [message.disputeToken] : [],
  )
  const outcomes = await times(20, () =>
    disputeNotice(world, tokens[0] ?? '').then(
      () => 'held',
      () => 'gone',
    ),
  )
  expect(outcomes.filter(outcome => outcome === 'held')).toHaveLength(1)
  expect((await records(world)).filter(({ name }) => name === 'account.held')).toHaveLength(1)
})
