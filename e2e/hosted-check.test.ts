// A hosted bot check in Chromium: a provider's script and frame from another origin of loopback, under the policy of the
// product.
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type BuiltinRig, builtinRig } from '../rig/builtin.ts'
import { tempFolder } from '../rig/child.ts'
import { type HostedCheck, hostedBotCheck, startHostedCheck } from '../rig/hosted-check.ts'
import { type RunningPortal, startPortal } from '../rig/portal.ts'
import { type TestWorld, testWorld } from '../rig/world.ts'
import { buildAssets } from '../scripts/build-assets.ts'
import type { BotCheck } from '../src/bot-check.ts'
import { seconds } from '../src/lib/clock.ts'
import { readAssets } from '../src/web/assets.ts'
import { keyboard } from './keyboard.ts'
import { button, field, giveLogin, openStart, say, typePassword } from './steps.ts'
import { axeFindings, type Visit, type VisitOptions, visit } from './visit.ts'

let browser: Browser
let rig: BuiltinRig
let check: HostedCheck
let world: TestWorld & { botCheck: BotCheck }
let portal: RunningPortal
let person: Visit

beforeAll(async () => {
  const to = tempFolder('hosted-check').path
  const from = fileURLToPath(new URL('../src/web/browser', import.meta.url))
  ;[browser, rig, check] = await Promise.all([
    launchBrowser(),
    builtinRig(),
    startHostedCheck(),
    buildAssets({ from, to, demo: false }),
  ])
  await rig.add('alice', 'old password of alice')
  world = { ...(await testWorld([rig.directory], { clock: rig.clock })) }
  portal = await startPortal(world, { assets: readAssets(to), assetsFolder: to })
})
beforeEach(() => {
  world.botCheck = hostedBotCheck(check)
  check.hasScript = true
  check.asked.length = 0
})
afterEach(() => person.close())
afterAll(async () => {
  await browser.close()
  await portal.stop()
  await world.store.close()
  await Promise.all([rig.stop(), check.close()])
})

const come = async (options: VisitOptions = {}): Promise<void> => {
  person = await visit(browser, portal.origin, options)
}
const status = () => person.page.locator('[data-bot-check-status]')
const widget = () => person.page.frameLocator('iframe').getByRole('button', { name: 'I am a person' })
const solve = async (): Promise<void> => {
  await widget().click()
  await status().getByText(say(person, 'page.bot_check.done')).waitFor()
}
const arrived = async (): Promise<void> => {
  await person.arrive(say(person, 'page.choose.title'))
  expect([person.starts(), person.faults]).toEqual([1, []])
}

test('the widget opens the start of a reset, with its provider alone beside us', async () => {
  await come()
  const answers: (readonly [string, string | undefined])[] = []
  person.page.on('response', async response => {
    if (response.request().isNavigationRequest() && response.url().startsWith(portal.origin))
      answers.push([new URL(response.url()).pathname, response.headers()['content-security-policy']])
  })
  await openStart(person)
  await widget().waitFor()
  expect(await axeFindings(person)).toEqual([])
  await solve()
  await giveLogin(person, 'alice')
  await arrived()
  expect(new Set(person.asked.map(url => new URL(url).origin))).toEqual(
    new Set([portal.origin, check.origin]),
  )
  const policies = Object.fromEntries(answers)
  expect(policies['/']).toBe(
    `default-src 'none'; script-src 'self' ${check.origin}; style-src 'self' ${check.origin}; img-src 'self' data:; connect-src 'self' ${check.origin}; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; frame-src ${check.origin}`,
  )
  expect(policies['/reset']).not.toContain(check.origin)
  expect(check.asked.filter(path => path === '/siteverify').length).toBe(1)
})

test('a press that comes first is kept, and the page says what is missing: by keyboard alone', async () => {
  await come({ locale: 'ar', width: 320 })
  await openStart(person)
  await widget().waitFor()
  const keys = keyboard(person)
  await keys.tabTo(say(person, 'page.login.label'))
  await keys.type('alice')
  await keys.press(say(person, 'page.start.submit'))
  await status().getByText(say(person, 'page.bot_check.asked')).waitFor()
  for (let stops = 0; stops < 30 && !(await isInFrame()); stops++)
    await person.page.keyboard.press('Shift+Tab')
  await person.page.keyboard.press('Enter')
  await arrived()
})
const isInFrame = (): Promise<boolean> =>
  person.page.evaluate(() => document.activeElement?.tagName === 'IFRAME')

test('a press that comes twice starts one reset', async () => {
  await come()
  await openStart(person)
  await solve()
  await field(person, 'page.login.label').fill('alice')
  await button(person, 'page.start.submit').dblclick()
  await arrived()
  expect(check.asked.filter(path => path === '/siteverify').length).toBe(1)
})

test('a provider that scores in silence is asked at the press', async () => {
  world.botCheck = hostedBotCheck(check, { kind: 'recaptcha', minScore: 0.5 })
  check.answer = { score: 0.9, action: 'postern' }
  await come()
  await openStart(person)
  await expect.poll(() => check.asked.some(path => path.startsWith('/api.js'))).toBe(true)
  expect(check.asked.some(path => path.startsWith('/solution'))).toBe(false)
  await giveLogin(person, 'alice')
  await arrived()
  expect(check.asked).toContain('/solution?action=postern')
  check.answer = {}
})

test('where its script does not load, a press waits for the ticket', async () => {
  check.hasScript = false
  await come({ clock: true })
  await person.page.goto(portal.origin)
  await field(person, 'page.login.label').fill('alice')
  await button(person, 'page.start.submit').click()
  await status().getByText(say(person, 'page.bot_check.failed')).waitFor()
  rig.clock.advance(seconds(21))
  expect(person.starts()).toBe(0)
  await person.page.clock.runFor(seconds(21))
  await arrived()
})

test('whoever cannot solve it presses again when the ticket is good', async () => {
  await come({ clock: true })
  await person.page.goto(portal.origin)
  await field(person, 'page.login.label').fill('alice')
  await button(person, 'page.start.submit').click()
  await status().getByText(say(person, 'page.bot_check.asked')).waitFor()
  rig.clock.advance(seconds(21))
  await person.page.clock.runFor(seconds(21))
  expect(person.starts()).toBe(0)
  await button(person, 'page.start.submit').click()
  await arrived()
})

test('without script the ticket opens it, and the provider is not asked', async () => {
  await come({ script: false })
  await person.page.goto(portal.origin)
  expect(await person.page.locator('iframe, [data-hosted-check-place]:visible').count()).toBe(0)
  await field(person, 'page.login.label').fill('alice')
  rig.clock.advance(seconds(21))
  await button(person, 'page.start.submit').click()
  await arrived()
  expect(check.asked).toEqual([])
})

test('a password is changed by it, too', async () => {
  await come()
  await person.page.goto(`${portal.origin}/change`)
  await solve()
  await field(person, 'page.login.label').fill('alice')
  await field(person, 'page.change.old').fill('old password of alice')
  await typePassword(person, 'seven quiet herons wade')
  await button(person, 'page.change.submit').click()
  await person.arrive(say(person, 'page.change.done_title'))
  expect(person.faults).toEqual([])
})
