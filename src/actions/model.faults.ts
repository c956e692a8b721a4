// A model of one account's recovery against the real actions (security.md, How to test it, 2): whatever people, strangers,
// administrators, crashes and outages do in whatever order, a success was earned and nothing said is a lie.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { leaks } from '../../rig/canary.ts'
import { isInDoubt, MODEL_METHODS, type Model, newModel } from '../../rig/model.ts'
import { COMMANDS, passGates } from '../../rig/model-commands.ts'
import { guess } from '../../rig/model-guesses.ts'
import { sync } from '../../rig/model-sync.ts'
import { openSystem, type System } from '../../rig/model-system.ts'
import { setPassword } from '../../rig/model-writes.ts'
import { hours, minutes, seconds } from '../lib/clock.ts'

const RUNS = 300
const COMMANDS_MAX = 60
/** The same walks every time, so that a red run is somebody's change; MODEL_SEED takes others. */
const SEED = Number(process.env['MODEL_SEED'] ?? 12)

it('a success was earned, nothing said is a lie, and nothing is lost, used twice or left behind', {
  timeout: minutes(10),
}, async () => {
  const seen = new Map<string, number>()
  const commands = fc.commands(COMMANDS, { maxCommands: COMMANDS_MAX, size: '+2' })
  await fc.assert(
    fc.asyncProperty(commands, async given => {
      const system = await openSystem()
      const model = newModel(system.first, system.codes)
      try {
        await fc.asyncModelRun(() => ({ model, real: system }), given)
        await judgeEnd(model, system)
      } finally {
        const left = await system.close()
        expect(leaks(left, secretsOf(model, system))).toEqual([])
        for (const [what, times] of model.seen) seen.set(what, (seen.get(what) ?? 0) + times)
      }
    }),
    { numRuns: RUNS, seed: SEED },
  )
  expect(MUST_BE_SEEN.filter(what => !seen.has(what))).toEqual([])
})

/** A model that never comes here proves nothing. */
const MUST_BE_SEEN = [
  'proving > password',
  'password > done',
  'password > uncertain',
  'password > writing',
  'password > proving',
  'password > failed',
  'uncertain > done',
  'uncertain > password',
  'writing > done',
  'right passed',
  'wrong failed',
  'old failed',
  'other reset failed',
  'set banned: refused',
  'double: 1',
  'held',
  'start not-now',
]

const secretsOf = (model: Model, system: System): string[] => [
  ...[system.first, system.seed, ...system.codes],
  ...system.directory.writes.map(({ password }) => password),
  ...model.resets.map(({ token }) => token),
  ...system.sent.flatMap(({ message }) => ('disputeToken' in message ? [message.disputeToken] : [])),
]

/** When all is mended: doubts end, everybody was told, everything said is on record, and the owner gets in again. */
async function judgeEnd(model: Model, system: System): Promise<void> {
  system.directory.setDown(false)
  system.directory.dropLate()
  model.isDown = false
  for (let waited = 0; waited < minutes(2); waited += seconds(5)) await pass(system, seconds(5))
  await sync(model, system)
  // Only what another write has overtaken stays in doubt, and that for a day.
  expect(model.resets.filter(isInDoubt).filter(({ isOvertaken }) => !isOvertaken)).toEqual([])
  expect(await system.opens(model.password)).toBe(model.isActive)
  expect(await missingRecords(model, system)).toEqual([])
  expect(untold(model, system)).toEqual([])
  await dayAfter(model, system)
  await ownerComesBack(model, system)
}

async function pass(system: System, ms: number): Promise<void> {
  system.clock.advance(ms)
  await system.housekeep()
}

/** Everything that was answered has its record (INV-3). */
async function missingRecords({ told }: Model, system: System): Promise<string[]> {
  const records = await system.world().store.read(tx => tx.auditRecords(0, 100_000))
  const left = records.map(({ reset, name }) => `${reset} ${name}`)
  return told.flatMap(({ reset, record }) => {
    const place = record.map(name => left.indexOf(`${reset} ${name}`)).find(index => index >= 0)
    if (place === undefined) return [`${record.join(' or ')} of reset ${reset} is not on record`]
    left.splice(place, 1)
    return []
  })
}

/** Resets that were done, and not told to both addresses (INV-10). */
const untold = ({ resets }: Model, system: System): number[] =>
  resets
    .filter(({ seen, reference }) => {
      const mails = system.sent.filter(
        ({ message }) => message.kind === 'password_reset' && message.reference === reference,
      )
      return seen === 'done' && new Set(mails.map(({ address }) => address.to)).size !== 2
    })
    .map(({ number }) => number)

/** Holds, budgets and doubts are over, and the administrator is back at what is usual. */
async function dayAfter(model: Model, system: System): Promise<void> {
  model.gates = 2
  model.methods = MODEL_METHODS
  model.isActive = true
  await system.apply({ gates: 2, methods: MODEL_METHODS })
  await system.setStatus('active')
  for (let hour = 0; hour < 25; hour += 1) await pass(system, hours(1))
  await sync(model, system)
  expect(model.resets.filter(isInDoubt)).toEqual([])
}

/** What was used before leads nowhere (INV-4); what is fresh leads to a new password (INV-9). */
async function ownerComesBack(model: Model, system: System): Promise<void> {
  await passGates(model, system, [])
  const replayed = model.resets.at(-1)
  for (const method of ['app_code', 'recovery_code'] as const)
    if (replayed) await guess(model, system, { reset: replayed, method, kind: 'old', point: null })
  // The longest wait after failures (decisions 2.5).
  await pass(system, hours(1))
  await passGates(model, system, ['app_code', 'email', 'recovery_code'])
  await sync(model, system, true)
  const reset = model.resets.at(-1)
  if (reset) await setPassword(model, system, { reset, word: 'valid', loss: null, point: null })
  await sync(model, system)
  expect(reset?.seen).toBe('done')
}
