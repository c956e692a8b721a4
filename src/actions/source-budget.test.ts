// What one address may do for all who sit behind it (decisions 2.2, DOS-06).
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { appCodeNow, enrol } from '../../rig/victims.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import { hours, minutes } from '../lib/clock.ts'
import { sourceBucket } from '../lib/network.ts'
import { limitNames } from './current-settings.ts'
import { answerChallenge, chooseMethod } from './prove.ts'
import { startReset } from './start.ts'

const SOURCE = '192.0.2.7'

let rig: BuiltinRig
let world: TestWorld

beforeEach(async () => {
  rig = await builtinRig()
  world = await testWorld([rig.directory], { clock: rig.clock })
})
afterEach(async () => {
  await world.store.close()
  await rig.stop()
})

const failuresOfSource = () =>
  world.store.read(tx =>
    tx.limits.get(limitNames.failuresOfSource(world.keys.pseudonym('source', sourceBucket(SOURCE)))),
  )

async function startWithAppCode(login: string) {
  const botCheck = await solved(world)
  const wanted = { login, botCheck, goal: 'password', locale: 'en', shared: false } as const
  const { reset, token } = await startReset(world, wanted, {
    source: SOURCE,
    browser: null,
    provedBefore: () => false,
  })
  const ticket = { id: reset.id, token }
  await chooseMethod(world, ticket, reset.options.find(({ method }) => method === 'app_code')?.id ?? '')
  return ticket
}

it('earns one failure back by a success, and its hour begins no later for it', async () => {
  await rig.add('anna', 'the old password')
  await enrol(world, 'anna')
  const began = world.clock.now()
  const ticket = await startWithAppCode('anna')
  for (let wrong = 0; wrong < 3; wrong++)
    await answerChallenge(world, ticket, { kind: 'code', code: '000000' })
  expect(await failuresOfSource()).toEqual({ value: 3, at: began })
  world.clock.advance(minutes(10))
  const { right } = await answerChallenge(world, ticket, { kind: 'code', code: appCodeNow(world) })
  expect(right).toBe(true)
  expect(await failuresOfSource()).toEqual({ value: 3, at: began })
})

it('leaves nothing behind that is not bounded: every row of a source and of nobody goes first', async () => {
  const ticket = await startWithAppCode('nobody')
  await answerChallenge(world, ticket, { kind: 'code', code: '000000' })
  expect(await failuresOfSource()).not.toBeNull()
  const rows = await world.store.transact(tx => tx.limits.prune(world.clock.now(), hours(25), 0))
  expect(rows).toBe(5)
  expect(await failuresOfSource()).toBeNull()
})
