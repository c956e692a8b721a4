// The form that takes an old password must be no tool for guessing, spraying or locking people out (RL-08, RL-13).
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { personDn } from '../../rig/slapd.ts'
import { oldPasswordOf, recordNames, records, startVictims, type Victims } from '../../rig/victims.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import { AppError } from '../errors.ts'
import { hours } from '../lib/clock.ts'
import { type ChangeOutcome, changePassword } from './change.ts'

let victims: Victims
let world: TestWorld

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], {
    settings: { sourceBudget: 1 },
    passwordRules: () => ({
      check: async password => (password.length < 12 ? { reason: 'too_short', value: 12 } : null),
      shown: () => null,
    }),
  })
})
afterEach(() => world.store.close())

type Said = ChangeOutcome['said'] | AppError['code']

async function change(login: string, old: string, password: string, source: string): Promise<Said> {
  const botCheck = await solved(world)
  const caller = { source, browser: null, provedBefore: () => false }
  return changePassword(world, { login, old, password, botCheck, locale: 'en' }, caller).then(
    ({ said }) => said,
    (error: unknown) => (error instanceof AppError ? error.code : 'internal'),
  )
}

const failuresOf = async (login: string): Promise<number> =>
  (await victims.slapd.hand.read(personDn(login), ['pwdFailureTime']))['pwdFailureTime']?.length ?? 0

it('a hundred wrong old passwords from many sources never lock the account', async () => {
  const said: Said[] = []
  for (let n = 0; n < 100; n += 1)
    said.push(await change('p01', `guess number ${n}`, 'a quite new password', `198.51.100.${n}`))
  // The directory locks at three: it was asked once.
  expect(said.filter(each => each === 'wrong')).toHaveLength(1)
  expect(said.filter(each => each === 'too-many')).toHaveLength(99)
  expect(await failuresOf('p01')).toBe(1)
  expect(await victims.binds('p01', oldPasswordOf('p01'))).toBe(true)
})

it('spraying one password over many names from one source is stopped early', async () => {
  await change('p02', 'nothing of it', 'a quite new password', '192.0.2.1')
  const names = Array.from({ length: 500 }, (_, index) => `name${index}`)
  const spray = (login: string): Promise<Said> =>
    change(login, 'Autumn2026!', 'a quite new password', '203.0.113.9')
  const said: Said[] = []
  while (names.length > 0) said.push(...(await Promise.all(names.splice(0, 50).map(spray))))
  expect(said.filter(each => each === 'wrong')).toHaveLength(60)
  expect(said.filter(each => each === 'too-many')).toHaveLength(440)
})

it('whoever knows the old password hears what is wrong with the new one, and is not held up for it', async () => {
  for (let n = 0; n < 4; n += 1)
    expect(await change('p03', oldPasswordOf('p03'), 'short', '198.51.100.3')).toBe('refused')
  expect(await change('p03', oldPasswordOf('p03'), 'a quite new password', '198.51.100.3')).toBe('done')
  expect(await victims.binds('p03', 'a quite new password')).toBe(true)
})

it('every refused try is on record, without a word of what was typed', async () => {
  await change('p04', 'wrong secret word', 'another secret word', '198.51.100.4')
  await change('p04', 'wrong secret word', 'another secret word', '198.51.100.4')
  await change('x\u0000y', 'wrong secret word', 'another secret word', '198.51.100.4')
  const caller = { source: '198.51.100.4', browser: null, provedBefore: () => false }
  const request = { login: 'p04', old: 'o', password: 'p', botCheck: 'forged', locale: 'en' }
  await expect(changePassword(world, request, caller)).rejects.toThrow(AppError)
  expect(await recordNames(world)).toEqual(
    expect.arrayContaining([
      'password.change_failed',
      'reset.throttled',
      'reset.malformed',
      'bot_check.failed',
    ]),
  )
  expect(JSON.stringify(await records(world))).not.toContain('secret word')
  world.clock.advance(hours(1))
})
