// More to hash than the lines take: 503 with Retry-After, and it costs nobody a try (DOS-04).
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { signIn } from '../../rig/signed-in.ts'
import { ANSWERS, appCodeNow, enrol, oldPasswordOf, recordNames } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createPasswordHash } from '../directories/builtin/password-hash.ts'
import { guarded } from '../directories/guarded.ts'
import { NotAskedError } from '../directory.ts'
import { createHashQueue, type HashQueue } from '../lib/hash-queue.ts'
import { createSecurityQuestions } from '../methods/security-questions.ts'

const never = AbortSignal.any([])
const CHEAP = { memoryCost: 256, timeCost: 1, parallelism: 1, outputLen: 32 }
const LOGIN = 'ana'

let queue: HashQueue
let rig: BuiltinRig
let world: TestWorld
let portal: RunningPortal

beforeEach(async () => {
  queue = createHashQueue(2, 1, 0)
  rig = await builtinRig({ hash: createPasswordHash(queue, CHEAP) })
  await rig.add(LOGIN, oldPasswordOf(LOGIN))
  const plain = await testWorld([], { settings: { methods: ['app_code', 'security_questions'] } })
  const questions = createSecurityQuestions({ queue, wordings: () => [] })
  world = {
    ...plain,
    directories: [guarded(rig.directory, plain.clock)],
    methods: { ...plain.methods, security_questions: questions },
  }
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
  await rig.stop()
})

/** Fills the line with works that end when the test says so; then, with what they were asked for. */
function held(run: (work: () => Promise<void>) => Promise<unknown>, count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const all = Array.from({ length: count }, () => run(() => promise))
  return async () => {
    resolve()
    await Promise.all(all)
  }
}

const fillAlone = () => held(work => queue.run(work, never), 3)
const fillBatches = () => held(work => queue.runAll([1], work, never), 1)

it('a sign-in that found the line full spent no try', async () => {
  const release = fillAlone()
  for (let times = 0; times < 6; times++) {
    const browser = portal.browser()
    await browser.get('/sign-in')
    const fields = { login: LOGIN, password: 'wrong', bot_check: await portal.solve() }
    const got = await browser.post('/sign-in', fields)
    expect([got.status, got.headers['retry-after']]).toEqual([503, '60'])
    expect(browser.page()).not.toContain('type="password"')
  }
  expect(await recordNames(world)).not.toContain('sign_in.failed')
  expect((await rig.directory.find(LOGIN, never))?.locked).toBe(false)
  await release()
  // All three tries of an hour are there.
  const answers = []
  for (let times = 0; times < 4; times++) answers.push((await signIn(portal, LOGIN, 'wrong')).status)
  expect(answers).toEqual([422, 422, 422, 429])
})

it('a full line is no outage: the directory does not rest', async () => {
  const [directory] = world.directories
  const release = fillAlone()
  const ref = { directory: 'people', id: 'nobody' }
  const tries = Array.from({ length: 6 }, () => directory?.authenticate(ref, 'wrong', never))
  for (const one of await Promise.allSettled(tries))
    expect(one).toMatchObject({ status: 'rejected', reason: expect.any(NotAskedError) })
  expect(await directory?.find(LOGIN, never)).toMatchObject({ login: LOGIN })
  await release()
})

it('a change of password that found the line full spent no try either', async () => {
  const release = fillAlone()
  const change = async (): Promise<number> => {
    const browser = portal.browser()
    await browser.get('/change')
    const fields = { login: LOGIN, old: 'wrong', password: 'a quite new sentence 4711' }
    return (await browser.post('/change', { ...fields, bot_check: await portal.solve() })).status
  }
  for (let times = 0; times < 4; times++) expect(await change()).toBe(503)
  await release()
  expect([await change(), await change(), await change(), await change()]).toEqual([422, 422, 422, 429])
})

it('answers that found their line full are judged later, and while they wait sign-ins go on', async () => {
  await enrol(world, LOGIN, ['app_code', 'security_questions'])
  const reset = await portal.start(LOGIN)
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world))
  const prompt = reset.told().challenge?.prompt
  const asked = prompt?.kind === 'questions' ? prompt.questions : []
  const right = Object.fromEntries(asked.map(({ id }) => [id, ANSWERS[id as keyof typeof ANSWERS]]))
  const release = fillBatches()
  for (let times = 0; times < 6; times++) {
    const got = await reset.answers({ ...right, first_pet: 'wrong' })
    expect([got.status, got.headers['retry-after'], got.told.type]).toEqual([
      503,
      '60',
      expect.stringContaining('not-now'),
    ])
  }
  expect((await reset.get()).told.challenge?.tries_left).toBe(5)
  expect((await signIn(portal, LOGIN)).to).toBe('/sign-in/step')
  await release()
  expect((await reset.answers(right)).status).toBe(200)
})

it('answers that are being registered cost no try either', async () => {
  const { browser } = await signIn(portal, LOGIN)
  await browser.get('/security-info')
  await browser.post('/security-info/add', { method: 'security_questions' })
  await browser.get('/security-info/add')
  const chosen = Object.entries(ANSWERS).flatMap(([topic, answer], index) => [
    [`topic_${index + 1}`, topic],
    [`answer_${index + 1}`, answer],
  ])
  // Whoever is turned away goes back to the form and sends it again.
  const fields = { form_token: browser.field('form_token'), ...Object.fromEntries(chosen) }
  const release = fillBatches()
  for (let times = 0; times < 6; times++) {
    const got = await browser.post('/security-info/confirm', fields)
    expect([got.status, got.headers['retry-after']]).toEqual([503, '60'])
  }
  await release()
  expect((await browser.post('/security-info/confirm', fields)).status).toBe(303)
})
