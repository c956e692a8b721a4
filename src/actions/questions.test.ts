// Security questions in a reset of a real OpenLDAP, and what is tried against them (KBQ-01 to KBQ-05, KBQ-08, RL-02, RL-04,
// TOK-04, TOK-06, DOS-04, DOS-05).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { filesIn, leaks } from '../../rig/canary.ts'
import { tempFolder } from '../../rig/child.ts'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  ANSWERS,
  appCodeNow,
  enrol,
  mailedCode,
  privateMailOf,
  records,
  SELECTED,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours } from '../lib/clock.ts'
import { QueueFullError } from '../lib/hash-queue.ts'
import type { MethodName } from '../method.ts'
import { importLine } from './enroll.ts'

const METHODS: readonly MethodName[] = ['app_code', 'email', 'security_questions']
const NEW = 'a quite new sentence 4711'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
const folder = tempFolder('questions')

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(async () => {
  await victims.stop()
  folder.remove()
})
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { methods: METHODS } })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

type Answers = Readonly<Record<string, string>>
const askedOf = (reset: HeldReset): readonly { id: string; text: string }[] => {
  const prompt = reset.told().challenge?.prompt
  return prompt?.kind === 'questions' ? prompt.questions : []
}
const rightOf = (reset: HeldReset, all: Answers = ANSWERS): Answers =>
  Object.fromEntries(askedOf(reset).map(({ id }) => [id, all[id] ?? 'not theirs']))
const offered = (reset: HeldReset): string[] => (reset.told().methods ?? []).map(({ name }) => name)

/** Past the first gate, with the questions open. */
async function atQuestions(login: string, source?: string): Promise<HeldReset> {
  const reset = await portal.start(login, {}, source)
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world))
  world.clock.advance(60_000)
  if (askedOf(reset).length === 0) await reset.choose('security_questions')
  return reset
}

describe('questions', () => {
  it('reset a password as the second gate, in words of the page’s language', async () => {
    await enrol(world, 'p01', ['app_code', 'security_questions'])
    const reset = await portal.start('p01', { locale: 'de' })
    expect(offered(reset)).toEqual(['app_code', 'email'])
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    // Nothing else is left, and nobody is disturbed: they open by themselves.
    expect(offered(reset)).toEqual(['security_questions'])
    expect(askedOf(reset)).toHaveLength(3)
    for (const { text } of askedOf(reset)) expect(text).toMatch(/(Ihr|Sie)/)
    expect((await reset.answers(rightOf(reset))).status).toBe(200)
    expect((await reset.password(NEW)).told.state).toBe('done')
    expect(await victims.binds('p01', NEW)).toBe(true)
  })

  it('are offered to nobody before another gate: not to a known browser, not where everything is told', async () => {
    await enrol(world, 'p02', ['app_code', 'email', 'security_questions'])
    const { store, clock } = world
    await store.transact(async tx => {
      const { version = 0, document } = (await tx.settings.current()) ?? {}
      await tx.settings.save(version, { ...(document as object), disclosure: 'helpful' }, clock.now())
    })
    const reset = await portal.start('p02')
    expect(offered(reset)).toEqual(['app_code', 'email'])
    expect((await reset.choose('security_questions')).status).toBe(400)
    await reset.choose('email')
    await reset.answer(await mailedCode(world, privateMailOf('p02')))
    expect(offered(reset)).toEqual(['app_code', 'security_questions'])
  })

  it('are never enough by themselves, nor for one gate, nor for an administrator', async () => {
    await enrol(world, 'p03', ['security_questions'])
    await portal.start('p03')
    expect(await records(world)).toContainEqual(
      expect.objectContaining({ name: 'reset.started', reason: 'too_few_methods' }),
    )
    for (const settings of [{ gates: 1 as const }, SELECTED]) {
      const narrow = await testWorld([victims.directory], { settings: { methods: METHODS, ...settings } })
      await enrol(narrow, 'adam', ['app_code', 'security_questions'])
      await enrol(narrow, 'p03', ['security_questions'])
      const there = await startPortal(narrow)
      for (const login of 'gates' in settings ? ['p03'] : ['adam']) {
        const reset = await there.start(login)
        await reset.choose('app_code')
        await reset.answer(appCodeNow(narrow))
        expect([login, reset.told().gates?.passed]).toEqual([login, 0])
      }
      await there.stop()
      await narrow.store.close()
    }
  })
})

describe('guessing', () => {
  it('learns nothing from one right answer of three, and stays with the same questions for fifty resets', async () => {
    await enrol(world, 'p04', ['app_code', 'security_questions'])
    const first = await atQuestions('p04')
    const right = rightOf(first)
    const wrong = (id: string): Answers =>
      Object.fromEntries(
        Object.keys(right).map(each => [each, each === id ? (right[id] ?? '') : 'wrong one']),
      )
    const bodies: string[] = []
    for (const id of Object.keys(right)) bodies.push((await first.answers(wrong(id))).text)
    expect(new Set(bodies.map(body => body.replace(/"tries_left":\d/, ''))).size).toBe(1)
    for (let flow = 0; flow < 50; flow++) {
      world.clock.advance(hours(3))
      const again = await atQuestions('p04', `10.1.${flow}.1`)
      expect(askedOf(again)).toEqual(askedOf(first))
    }
    expect((await first.get()).told.gates?.passed).not.toBe(2)
  })

  it('fifty sets at once are judged five times at most, and then the right one is refused', async () => {
    await enrol(world, 'p05', ['app_code', 'security_questions'])
    const reset = await atQuestions('p05')
    const right = rightOf(reset)
    const wrong = Object.fromEntries(Object.keys(right).map(id => [id, 'wrong one']))
    const answers = await Promise.all(Array.from({ length: 50 }, () => reset.answers(wrong)))
    for (const { status } of answers) expect([422, 503]).toContain(status)
    const judged = (await records(world)).filter(
      ({ name, reason }) => name === 'reset.answer_failed' && reason === 'wrong',
    )
    expect(judged.length).toBe(5)
    expect((await reset.answers(right)).status).toBe(422)
    expect((await reset.get()).told.gates?.passed).toBe(1)
  })

  it('with another person’s answers, or in another person’s reset, proves nothing', async () => {
    await enrol(world, 'p06', ['app_code', 'security_questions'])
    const answers = { first_pet: 'Findus', first_street: 'Gartenpfad', childhood_hero: 'Petterson' }
    const line = { login: 'p07', method: 'security_questions', answers }
    await enrol(world, 'p07', ['app_code'])
    await importLine(world, JSON.stringify(line), false)
    const other = await atQuestions('p07')
    expect((await other.answers(rightOf(other, ANSWERS))).status).toBe(422)
    const own = await atQuestions('p06')
    expect((await own.answers(rightOf(own, answers))).status).toBe(422)
    expect((await other.answers(rightOf(other, answers))).status).toBe(200)
  })

  it('the same right answers at once in four resets pass in one', async () => {
    await enrol(world, 'p08', ['app_code', 'security_questions'])
    const resets: HeldReset[] = []
    for (const source of [1, 2, 3, 4]) resets.push(await atQuestions('p08', `10.2.${source}.1`))
    const answers = await Promise.all(resets.map(reset => reset.answers(rightOf(reset))))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422])
  })
})

describe('bad input', () => {
  it('is refused, spends no try where it is malformed, and costs no hash', async () => {
    await enrol(world, 'p09', ['app_code', 'security_questions'])
    const reset = await atQuestions('p09')
    const right = rightOf(reset)
    const [id = ''] = Object.keys(right)
    for (const [answers, status] of [
      [{ ...right, [id]: 'x'.repeat(1_000_000) }, 413],
      [{ ...right, [id]: 7 }, 400],
      [Object.values(right), 400],
      ['text', 400],
      [{ ...right, a: 'b', c: 'd', e: 'f' }, 400],
      [null, 400],
    ] as const)
      expect([status, (await reset.answers(answers)).status]).toEqual([status, status])
    expect((await reset.answer('123456')).status).toBe(400)
    expect((await reset.get()).told.challenge?.tries_left).toBe(5)
    for (const answers of [{ ...right, [id]: '\0' }, { ...right, [id]: 'x'.repeat(8_000) }, {}])
      expect((await reset.answers(answers)).status).toBe(422)
    expect((await reset.get()).told.challenge?.tries_left).toBe(2)
    expect((await reset.answers(right)).status).toBe(200)
  })

  it('a full line is not-now, and spends nothing', async () => {
    await enrol(world, 'p10', ['app_code', 'security_questions'])
    const { security_questions: method } = world.methods
    const full = { ...method, prepare: () => Promise.reject(new QueueFullError('full')) }
    const busy = await startPortal({ ...world, methods: { ...world.methods, security_questions: full } })
    const reset = await busy.start('p10')
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    const answer = await reset.answers(rightOf(reset))
    expect([answer.status, answer.headers['retry-after'] !== undefined]).toEqual([503, true])
    expect((await reset.get()).told.challenge?.tries_left).toBe(5)
    await busy.stop()
  })
})

it('no answer stands in any file or answer of ours', async () => {
  const file = `${folder.path}/store.sqlite`
  const kept = await testWorld([victims.directory], { settings: { methods: METHODS }, file })
  const there = await startPortal(kept)
  await enrol(kept, 'p11', ['app_code', 'security_questions'])
  const reset = await there.start('p11')
  await reset.choose('app_code')
  await reset.answer(appCodeNow(kept))
  const said = [reset.told(), (await reset.answers({ ...rightOf(reset), first_pet: 'wrong one' })).told]
  said.push((await reset.answers(rightOf(reset))).told)
  expect(said.at(-1)?.state).toBe('password')
  const places = [...filesIn(folder.path), Buffer.from(JSON.stringify([said, await records(kept)]))]
  expect(
    leaks(places, [...Object.values(ANSWERS), ...Object.values(ANSWERS).map(text => text.toLowerCase())]),
  ).toEqual([])
  expect(leaks(places, ['$argon2id$'])).toEqual([])
  await there.stop()
  await kept.store.close()
})
