// Security questions on pages without script: chosen and answered at security info, then asked for in a reset.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import {
  ANSWERS,
  appCodeNow,
  enrol,
  oldPasswordOf,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { listEnrollments } from '../../actions/enrollments.ts'
import type { Settings } from '../../settings.ts'

const SETTINGS: Partial<Settings> = {
  methods: ['app_code', 'email', 'security_questions'],
  administrators: { groups: ['admins'], notify: [] },
  questions: { registered: 3, asked: 3, own: [{ id: 'badge', text: 'Which <b>badge</b>?' }] },
}

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: SETTINGS })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

/** Signed in, with the second step passed. */
async function signedIn(login: string): Promise<Browser> {
  const browser = portal.browser()
  await browser.get('/sign-in')
  await browser.post('/sign-in', { login, password: oldPasswordOf(login), bot_check: await portal.solve() })
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/method', { method: browser.field('method') })
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/answer', { code: appCodeNow(world) })
  world.clock.advance(60_000)
  await browser.get('/security-info')
  return browser
}

const form = (...pairs: readonly (readonly [topic: string, answer: string])[]) =>
  Object.fromEntries(
    pairs.flatMap(([topic, answer], index) => [
      [`topic_${index + 1}`, topic],
      [`answer_${index + 1}`, answer],
    ]),
  )
const GOOD = form(['first_pet', 'Hotzenplotz'], ['stuffed_toy', 'Herr Bär'], ['badge', 'Dark teal'])

describe('registering', () => {
  it('names what is missing, twice or weak beside its field, keeps what was typed, and then takes it', async () => {
    await enrol(world, 'p01', ['app_code', 'email'])
    const browser = await signedIn('p01')
    await browser.post('/security-info/add', { method: 'security_questions' })
    await browser.get('/security-info/add')
    expect(browser.page().match(/<select/g)).toHaveLength(3)
    expect(browser.page().match(/<option/g)).toHaveLength(3 * 37)
    expect(browser.page()).toContain('Which &lt;b>badge&lt;/b>?')
    for (const [fields, status, told] of [
      [form(['first_pet', 'Hotzenplotz'], ['stuffed_toy', ''], ['', '']), 400, 'Answer every question.'],
      [form(['first_pet', 'Rex'], ['first_pet', 'Max'], ['badge', 'Teal']), 400, 'Choose another question'],
      [
        form(['first_pet', 'Rex the Dog'], ['badge', 'badge'], ['stuffed_toy', 'P01 Sample']),
        422,
        'your own name',
      ],
    ] as const) {
      const got = await browser.post('/security-info/confirm', fields)
      expect([got.status, got.text.includes(told)]).toEqual([status, true])
    }
    expect(browser.page()).toContain('These words stand in the question itself')
    expect(browser.field('answer_1')).toBe('Rex the Dog')
    expect(browser.page()).toContain('id="answer_2-why"')
    expect(browser.page()).not.toContain('id="answer_1-why"')
    expect(browser.page()).toMatch(/<option (value="first_pet" selected|selected value="first_pet")/)
    expect((await browser.post('/security-info/confirm', GOOD)).headers.location).toBe('/security-info')
    await browser.get('/security-info')
    expect(browser.page()).toContain('Security questions')
    // Registered again, they take the place of the former ones.
    await browser.post('/security-info/add', { method: 'security_questions' })
    await browser.get('/security-info/add')
    await browser.post('/security-info/confirm', GOOD)
    const held = await listEnrollments(world, 'p01')
    expect(held.filter(({ method }) => method === 'security_questions')).toHaveLength(1)
  })

  it('is not offered to an administrator', async () => {
    await enrol(world, 'adam', ['app_code', 'email'])
    const browser = await signedIn('adam')
    expect(browser.page()).not.toContain('value="security_questions"')
    const refused = await browser.post('/security-info/add', { method: 'security_questions' })
    expect(refused.status).toBe(422)
  })
})

describe('a reset on pages', () => {
  it('asks all on one page after the other gate, and takes them all or none', async () => {
    await enrol(world, 'p02', ['app_code', 'security_questions'])
    const browser = portal.browser()
    await browser.get('/')
    await browser.post('/reset', { login: 'p02', bot_check: await portal.solve() })
    await browser.get('/reset')
    expect(browser.page()).not.toContain('Security questions')
    await browser.post('/reset/challenge', { method: browser.field('method') })
    await browser.get('/reset')
    await browser.post('/reset/answer', { code: appCodeNow(world) })
    await browser.get('/reset')
    const names = [...browser.page().matchAll(/name="answer_(\w+)"/g)].map(([, id]) => id ?? '')
    expect(new Set(names).size).toBe(3)
    expect(browser.page().match(/autocomplete="off"/g)?.length).toBeGreaterThanOrEqual(3)
    const all: Readonly<Record<string, string>> = ANSWERS
    const right = Object.fromEntries(names.map(id => [`answer_${id}`, all[id] ?? '']))
    const [first = ''] = Object.keys(right)
    expect((await browser.post('/reset/answer', { ...right, [first]: ' ' })).status).toBe(400)
    const wrong = await browser.post('/reset/answer', { ...right, [first]: 'something else' })
    expect([wrong.status, wrong.text.includes('4 tries are left.')]).toEqual([422, true])
    expect(wrong.text).not.toContain('something else')
    expect((await browser.post('/reset/answer', { code: '123456' })).status).toBe(400)
    expect((await browser.post('/reset/answer', right)).headers.location).toBe('/reset')
    await browser.get('/reset')
    expect(browser.page()).toContain('name="password"')
  })
})
