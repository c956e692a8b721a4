// Two resets of one account whose writes overlap: neither may be told what is true of the other (INV-1, decisions 1.5).
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Model, type ModelReset, newModel } from '../../rig/model.ts'
import { passGates } from '../../rig/model-commands.ts'
import { CRAFT, LOGIN } from '../../rig/model-directory.ts'
import { readOf } from '../../rig/model-sync.ts'
import { openSystem, type System } from '../../rig/model-system.ts'
import { hours, seconds } from '../lib/clock.ts'
import { setPersonPassword } from './people.ts'
import { settle } from './settle.ts'
import { commitReset, type WriteOutcome } from './write.ts'

let system: System
let model: Model
beforeEach(async () => {
  system = await openSystem()
  model = newModel(system.first, system.codes)
})
afterEach(() => system.close())

/** A reset at the password. */
async function atPassword(): Promise<ModelReset> {
  await passGates(model, system, ['app_code', 'email'])
  const reset = model.resets.at(-1)
  if (!reset) throw new Error('no reset was started')
  return reset
}

const commit = (reset: ModelReset, password: string): Promise<WriteOutcome> =>
  commitReset(system.world(), reset, password)
const phaseOf = async (reset: ModelReset): Promise<string> => (await readOf(reset, system)).phase.name
const told = (kind: string): number => system.sent.filter(({ message }) => message.kind === kind).length

it('nobody writes while another write of the account may still arrive; a minute later all is told as it is', async () => {
  const first = await atPassword()
  const second = await atPassword()
  system.directory.loseNext('gone')
  expect((await commit(first, 'First-sentence 4711')).said).toBe('uncertain')
  await expect(commit(second, 'Second-sentence 4711')).rejects.toMatchObject({ code: 'not-now' })
  expect(await phaseOf(second)).toBe('password')
  system.clock.advance(seconds(61))
  expect((await commit(second, 'Second-sentence 4711')).said).toBe('done')
  expect(await phaseOf(first)).toBe('failed')
  await system.housekeep()
  expect([told('password_reset'), await system.opens('Second-sentence 4711')]).toEqual([2, true])
})

it('a write in doubt is never told as done by what another one changed, and the helpdesk hears of it', async () => {
  const first = await atPassword()
  const second = await atPassword()
  system.directory.loseNext('gone')
  await commit(first, 'First-sentence 4711')
  system.clock.advance(seconds(61))
  system.directory.cannotTell(true)
  expect((await commit(second, 'Second-sentence 4711')).said).toBe('done')
  system.directory.cannotTell(false)
  for (let hour = 0; hour < 23; hour += 1) {
    await wait(hours(1))
    expect(await phaseOf(first)).toBe('uncertain')
  }
  await wait(hours(1))
  expect(await phaseOf(first)).toBe('failed')
  expect([told('unknown_outcome_alert'), told('password_reset')]).toEqual([1, 2])
})

async function wait(ms: number): Promise<void> {
  system.clock.advance(ms)
  await system.housekeep()
}

it('what one server read of a write says nothing about the next one', async () => {
  const reset = await atPassword()
  system.directory.loseNext('gone')
  await commit(reset, 'First-sentence 4711')
  system.clock.advance(seconds(61))
  // This server reads "unchanged" and is held up; another one settles, and the person writes again.
  const isHeldUp = system.directory.holdUpNextOutcome()
  const settling = settle(system.world(), reset.id)
  await isHeldUp
  await settle(system.world(), reset.id)
  system.directory.loseNext('kept')
  expect((await commit(reset, 'Second-sentence 4711')).said).toBe('uncertain')
  system.directory.goOn()
  await settling
  expect(await phaseOf(reset)).toBe('uncertain')
  await wait(seconds(5))
  expect(await phaseOf(reset)).toBe('done')
})

it('a password that an operator set ends what was open, and is no sign of a write in doubt', async () => {
  const doubtful = await atPassword()
  const open = await atPassword()
  system.directory.loseNext('gone')
  await commit(doubtful, 'First-sentence 4711')
  expect(await setPersonPassword(system.world(), CRAFT, LOGIN, 'Operator-sentence 4711')).toBeNull()
  expect(await phaseOf(open)).toBe('failed')
  await wait(seconds(61))
  expect([await phaseOf(doubtful), told('password_reset')]).toEqual(['uncertain', 0])
  expect(await system.opens('Operator-sentence 4711')).toBe(true)
})
