// What changes between the first page and the password: policy, account, contacts, time (FLW-05, FLW-08, FLW-16, PWD-14,
// TOK-05 to TOK-09, DIR-20, decisions 3.2).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { groupDn, personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  mailedCode,
  oldPasswordOf,
  passGates,
  privateMailOf,
  realRules,
  SELECTED,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours, minutes, seconds } from '../lib/clock.ts'
import type { Settings } from '../settings.ts'
import { readSettings } from './administer.ts'
import { importLine } from './enroll.ts'
import { removeEnrollment } from './enrollments.ts'
import { prune } from './housekeeping.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: SELECTED, passwordRules: realRules })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

async function apply(change: Partial<Settings>): Promise<void> {
  const { version, settings } = await readSettings(world)
  await world.store.transact(tx => tx.settings.save(version, { ...settings, ...change }, world.clock.now()))
}

async function atPassword(login: string): Promise<HeldReset> {
  await enrol(world, login)
  const reset = await portal.start(login)
  await passGates(world, reset, login)
  return reset
}

const NEW = 'a quite new sentence 4711'

/** The directory has the old password still. */
const untouched = (login: string): Promise<boolean> => victims.binds(login, oldPasswordOf(login))

describe('between the gates and the password', () => {
  it('a policy that grew stricter asks for one more gate', async () => {
    await apply({ gates: 1 })
    await enrol(world, 'p01')
    const reset = await portal.start('p01')
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    expect(reset.told().state).toBe('password')
    await apply({ gates: 2 })
    const raised = await reset.password(NEW)
    expect(raised.told).toMatchObject({ state: 'proving', gates: { required: 2, passed: 1 } })
    expect(raised.told.methods?.map(({ name }) => name)).toEqual(['email', 'recovery_code'])
    expect(await untouched('p01')).toBe(true)
    expect((await reset.password(NEW)).status).toBe(409)
    await reset.choose('recovery_code')
    await reset.answer(CODES[0])
    expect((await reset.password(NEW)).told.state).toBe('done')
  })

  it('a policy that grew milder changes nothing for a reset that began before', async () => {
    await enrol(world, 'p02')
    const reset = await portal.start('p02')
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    await apply({ gates: 1 })
    expect(reset.told()).toMatchObject({ state: 'proving', gates: { required: 2, passed: 1 } })
    expect((await reset.password(NEW)).status).toBe(409)
  })

  it.each([
    [
      'locked for good',
      'p03',
      () => victims.slapd.hand.replace(personDn('p03'), { pwdAccountLockedTime: '000001010000Z' }),
    ],
    ['expired', 'p04', () => victims.slapd.hand.replace(personDn('p04'), { pwdEndTime: '20200101000000Z' })],
    [
      'made protected',
      'p05',
      () => victims.slapd.hand.append(groupDn('protected'), { member: personDn('p05') }),
    ],
    ['moved out of scope', 'p06', () => apply({ scope: { kind: 'selected', groups: ['admins'] } })],
    ['switched off with everybody', 'p07', () => apply({ scope: { kind: 'none', groups: [] } })],
    ['deleted', 'p08', () => victims.slapd.hand.remove(personDn('p08'))],
    [
      'given another password',
      'p09',
      async () => victims.slapd.hand.replace(personDn('p09'), { userPassword: 'set by somebody else 1' }),
    ],
  ] as const)('an account that was %s is not written', async (_what, login, happen) => {
    const reset = await atPassword(login)
    await happen()
    const answer = await reset.password(NEW)
    expect(answer.told.state).toBe('failed')
    expect(await victims.binds(login, NEW)).toBe(false)
    // The page does not say what happened to the account.
    expect(answer.told.failed).toEqual({ why: 'cancelled' })
  })

  it('the reset of an account that became an administrator’s is told to the administrators', async () => {
    const reset = await atPassword('p10')
    await victims.slapd.hand.append(groupDn('admins'), { member: personDn('p10') })
    expect((await reset.password(NEW)).told.state).toBe('done')
    await delivered(world)
    // Two gates were passed; the other administrators hear of it.
    const told = world.sent.filter(({ message }) => message.kind === 'administrator_reset')
    expect(told.map(({ address }) => address.to)).toEqual(['helpdesk@example.org'])
  })

  it('a method that was removed, or switched off, proves nothing any more', async () => {
    for (const [login, happen] of [
      ['p11', (id: string) => removeEnrollment(world, 'p11', id)],
      ['p12', () => apply({ methods: ['email', 'recovery_code'] })],
    ] as const) {
      const reset = await atPassword(login)
      const stored = await world.store.read(tx => tx.resets.lock(reset.id()))
      await happen(stored?.reset.passed.find(({ method }) => method === 'app_code')?.enrollment ?? '')
      expect((await reset.password(NEW)).told.state).toBe('failed')
      expect(await untouched(login)).toBe(true)
    }
  })

  it('the last recovery code, used up by the reset itself, counts still', async () => {
    await enrol(world, 'p20', ['app_code'])
    const line = { login: 'p20', method: 'recovery_code', codes: [CODES[0]] }
    await importLine(world, JSON.stringify(line), false)
    const reset = await portal.start('p20')
    await reset.choose('recovery_code')
    await reset.answer(CODES[0])
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    expect((await reset.password(NEW)).told.state).toBe('done')
  })
})

describe('an administrator', () => {
  it('passes two gates where others pass one', async () => {
    await apply({ gates: 1 })
    await enrol(world, 'adam')
    const reset = await portal.start('adam')
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    expect(reset.told()).toMatchObject({ state: 'proving', gates: { required: 2, passed: 1 } })
    expect((await reset.password(NEW)).status).toBe(409)
    await reset.choose('recovery_code')
    await reset.answer(CODES[0])
    expect((await reset.password(NEW)).told.state).toBe('done')
    await delivered(world)
    expect(world.sent.some(({ message }) => message.kind === 'administrator_reset')).toBe(true)
  })
})

describe('refused passwords', () => {
  it('cost no gate, up to twenty; then the reset ends', async () => {
    const reset = await atPassword('p13')
    for (let n = 0; n < 20; n += 1) {
      const answer = await reset.password('short')
      expect([answer.status, answer.told.state]).toEqual([422, 'password'])
    }
    expect((await reset.password('short')).told.state).toBe('failed')
    expect(await untouched('p13')).toBe(true)
    const other = await atPassword('p14')
    for (let n = 0; n < 10; n += 1) await other.password('short')
    expect((await other.password(NEW)).told.state).toBe('done')
  })
})

describe('time', () => {
  it('a code by mail works for ten minutes to the second', async () => {
    await enrol(world, 'p15')
    for (const [after, status] of [
      [minutes(10) - seconds(1), 200],
      [minutes(10) + seconds(1), 422],
    ] as const) {
      const reset = await portal.start('p15')
      await reset.choose('email')
      const code = await mailedCode(world, privateMailOf('p15'))
      world.clock.advance(after)
      expect((await reset.answer(code)).status).toBe(status)
      world.clock.advance(hours(1))
    }
  })

  it('a reset ends after thirty minutes, and ten minutes after its last gate, unless more is asked for', async () => {
    await enrol(world, 'p16')
    const idle = await portal.start('p16')
    world.clock.advance(minutes(30) - 1)
    expect((await idle.get()).told.state).toBe('proving')
    world.clock.advance(1)
    expect((await idle.get()).told).toMatchObject({ state: 'failed', failed: { why: 'expired' } })
    const late = await portal.start('p16')
    await passGates(world, late, 'p16')
    world.clock.advance(minutes(9))
    expect((await late.password(NEW)).told.state).toBe('failed')
    const extended = await portal.start('p16')
    await passGates(world, extended, 'p16')
    for (let n = 0; n < 10; n += 1) await extended.extend()
    expect((await extended.extend()).status).toBe(409)
    world.clock.advance(hours(2))
    expect((await extended.get()).told.state).toBe('failed')
    expect(await untouched('p16')).toBe(true)
  })

  it('a day later nothing of a reset is left to read', async () => {
    const reset = await atPassword('p17')
    await reset.password(NEW)
    world.clock.advance(hours(25))
    await prune(world, 'test')
    expect(await world.store.read(tx => tx.resets.lock(reset.id()))).toBeNull()
    expect((await reset.get()).status).toBe(404)
  })
})

describe('codes', () => {
  it('a new one kills the former of its reset, and not that of another', async () => {
    await enrol(world, 'p18')
    const own = await portal.start('p18')
    await own.choose('email')
    const first = await mailedCode(world, privateMailOf('p18'))
    const stranger = await portal.start('p18', {}, '203.0.113.9')
    world.clock.advance(seconds(31))
    await stranger.choose('email')
    const theirs = await mailedCode(world, privateMailOf('p18'))
    expect((await own.answer(theirs)).status).toBe(422)
    world.clock.advance(seconds(61))
    await own.choose('email')
    const second = await mailedCode(world, privateMailOf('p18'))
    expect((await own.answer(first)).status).toBe(422)
    expect((await own.answer(second)).status).toBe(200)
  })

  it('die with the mailbox, and with every other reset when one is done', async () => {
    await enrol(world, 'p19')
    const removed = await portal.start('p19')
    await removed.choose('email')
    const code = await mailedCode(world, privateMailOf('p19'))
    const option = (await world.store.read(tx => tx.resets.lock(removed.id())))?.reset.options
    const id = option?.find(({ method }) => method === 'email')?.enrollment ?? ''
    await world.store.transact(tx => tx.enrollments.remove(id))
    expect((await removed.answer(code)).status).toBe(422)
    await enrol(world, 'alice')
    const open = [await portal.start('alice'), await portal.start('alice', {}, '203.0.113.8')]
    await open[0]?.choose('email')
    const winner = await portal.start('alice')
    const mailed = await mailedCode(world, privateMailOf('alice'))
    world.clock.advance(seconds(61))
    await passGates(world, winner, 'alice')
    await winner.password(NEW)
    for (const other of open) expect((await other.get()).told.state).toBe('failed')
    expect((await open[0]?.answer(mailed))?.status).toBe(409)
  })
})
