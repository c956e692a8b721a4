// Wrong codes that begin right, against wrong codes that are wrong from the first sign on: no answer takes longer for
// it (security.md TOK-14).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  AREA_MAX,
  loadOfMachine,
  type Samples,
  type Separation,
  separations,
  told,
} from '../../rig/timing.ts'
import { CODES, enrol, mailedCode, privateMailOf } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { days } from '../lib/clock.ts'
import { BASE32, newBase32, newDigits, newToken, systemRandom } from '../lib/random.ts'

const PAIRS = 400
const RUNS = 3
/** The same kinds as of people: `begins` has all signs but the last, `random` none that it need have. */
const KINDS = ['begins', 'random'] as const
type Kind = (typeof KINDS)[number]

let rig: BuiltinRig
let world: TestWorld
let portal: RunningPortal

const loginOf = (index: number): string => `person${1000 + index}`

beforeAll(async () => {
  rig = await builtinRig()
  world = await testWorld([rig.directory], { clock: rig.clock, settings: { sourceBudget: 1000 } })
  for (let index = 0; index < PAIRS; index++) {
    await rig.add(loginOf(index), null)
    await enrol(world, loginOf(index), ['email', 'recovery_code'])
  }
  portal = await startPortal(world)
}, 300_000)
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await rig.stop()
})

/** Another last sign of the same alphabet. */
const spoilt = (right: string, alphabet: string): string =>
  right.slice(0, -1) + (right.endsWith(alphabet[0] ?? '') ? alphabet[1] : alphabet[0])

async function timed(
  samples: Samples,
  step: string,
  kind: Kind,
  status: number,
  deed: () => Promise<Answer>,
) {
  const from = performance.now()
  const answer = await deed()
  samples.add(step, kind, performance.now() - from)
  if (answer.status !== status) throw new Error(`${step}, ${kind}: ${answer.status} ${answer.text}`)
}

async function pair(samples: Samples, index: number): Promise<void> {
  const source = `10.2.${index >> 8}.${index & 255}`
  const login = loginOf(index)
  const reset = await portal.start(login, {}, source)
  const order = index % 2 === 0 ? KINDS : KINDS.toReversed()
  await reset.choose('email')
  const mailed = await mailedCode(world, privateMailOf(login))
  const codes = { begins: spoilt(mailed, '0123456789'), random: newDigits(systemRandom, 6) }
  for (const kind of order) await timed(samples, 'code by mail', kind, 422, () => reset.answer(codes[kind]))
  await reset.choose('recovery_code')
  const saved = { begins: spoilt(CODES[0], BASE32), random: newBase32(systemRandom, 16) }
  for (const kind of order) await timed(samples, 'recovery code', kind, 422, () => reset.answer(saved[kind]))
  const tokens = { begins: spoilt(reset.token(), 'AB'), random: newToken(systemRandom) }
  for (const kind of order)
    await timed(samples, 'token of a reset', kind, 404, () => read(reset, tokens[kind], source))
}

const read = (reset: HeldReset, token: string, source: string): Promise<Answer> =>
  portal.ask(`/api/v1/resets/${reset.id()}`, { headers: { authorization: `Bearer ${token}` }, source })

async function run(): Promise<Separation[]> {
  const samples = told()
  for (let index = 0; index < PAIRS; index++) await pair(samples, index)
  world.clock.advance(days(2))
  return separations(samples, 'random')
}

it('takes as long for a code that begins right as for any other', async () => {
  const apart = new Map<string, number>()
  for (let count = 1; count <= RUNS; count++) {
    const found = await run()
    console.log(`TOK-14, run ${count}, ${PAIRS} pairs, ${loadOfMachine()}`)
    for (const each of found) {
      console.log(each.text)
      // Comparing takes no five milliseconds, so the area alone decides here.
      if (Math.abs(each.area - 0.5) > AREA_MAX) apart.set(each.name, (apart.get(each.name) ?? 0) + 1)
    }
    if (count === RUNS - 1 && apart.size === 0) break
  }
  expect([...apart].filter(([, runs]) => runs > 1)).toEqual([])
})
