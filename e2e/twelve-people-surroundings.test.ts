// The other six of the twelve people of decisions 1.14, who differ in where they sit and what they sit at. Each makes
// honest slips on the way, and ends with a new password.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { minutes, seconds } from '../src/lib/clock.ts'
import { missingFrom, readOut } from './reading.ts'
import { giveCodeClumsily, giveLoginClumsily, givePasswordClumsily } from './slips.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, isTold, openStart, say } from './steps.ts'
import { type Visit, type VisitOptions, visit } from './visit.ts'

let demo: Demo
let browser: Browser
beforeAll(async () => {
  ;[demo, browser] = await Promise.all([startDemo(), launchBrowser()])
})
afterAll(async () => {
  await browser.close()
  await demo.stop()
})

const LONG = { timeout: 60_000 }
const PASSWORD = 'seven quiet herons wade'
const mailOf = (login: string): string => `${login}@private.example`
const codeOf = async (login: string): Promise<string> => (await demo.account(login)).recovery_codes?.[0] ?? ''

async function begin(login: string, options: VisitOptions = {}): Promise<Visit> {
  const person = await visit(browser, demo.origin, options)
  await openStart(person)
  await giveLoginClumsily(person, login)
  return person
}

/** No dead end, no restart, and the password counts. */
async function hasPassword(person: Visit, login: string, password: string): Promise<void> {
  expect(await demo.canSignIn(login, password)).toBe(true)
  expect(person.faults).toEqual([])
  expect(person.starts()).toBe(1)
  await person.close()
}

test('remote laptop: the last page says what the computer and the phone need now', LONG, async () => {
  const person = await begin('una')
  await choose(person, 'app_code')
  await giveCodeClumsily(person, await demo.appCode('una'), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  await giveCodeClumsily(person, await codeOf('una'), 'page.password.title')
  await givePasswordClumsily(person, PASSWORD)
  const advice = await person.page.locator('main ol.next li').allTextContents()
  expect(advice).toEqual([
    say(person, 'page.done.devices'),
    say(person, 'page.done.computer'),
    say(person, 'page.done.sessions'),
  ])
  await hasPassword(person, 'una', PASSWORD)
})

test(
  'screen reader: every page says in order where one is, what went wrong, what to do and who helps',
  LONG,
  async () => {
    const person = await visit(browser, demo.origin)
    const missing: (string | null)[] = []
    const hears = async (...lines: readonly string[]): Promise<void> =>
      void missing.push(missingFrom(await readOut(person), ['link "Skip', 'main', ...lines, ...HUMAN]))
    await openStart(person)
    await hears(
      'heading "Get back into your account"',
      'textbox "User name or e-mail address" (For example:',
      'checkbox "This is a shared computer',
      'button "Continue"',
    )
    await giveLogin(person, 'adam')
    await hears(
      'heading "How would you like to prove',
      'button "Code from an authenticator app Recommended Six digits',
      'button "Passkey The fingerprint',
      'button "Code by e-mail',
      'button "Recovery code',
      'button "Cancel"',
    )
    await choose(person, 'app_code')
    await person.page.locator('#code').fill('000000')
    await button(person, 'page.code.submit').click()
    await isTold(person, 'page.problem.answer_wrong')
    expect(await person.page.title()).toMatch(/^Problem: /)
    expect(await person.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('alert')
    await hears(
      'heading "Enter the code from your app"',
      'alert',
      'link "This code was not right',
      'textbox "Code" (Open your authenticator app',
      'button "Continue"',
      'heading "Prove it another way"',
    )
    await giveCode(person, await demo.appCode('adam'), 'page.choose.title_second')
    await choose(person, 'email')
    await giveCode(person, await demo.mailedCode(mailOf('adam')), 'page.password.title')
    await hears(
      'heading "Choose a new password"',
      'textbox "New password" (Your new password has at least 12 characters',
      'button "Show"',
      'button "Set new password"',
    )
    await givePassword(person, PASSWORD)
    await hears('heading "Your new password is set"', 'heading "What to do next"')
    expect(missing).toEqual([null, null, null, null, null])
    await hasPassword(person, 'adam', PASSWORD)
  },
)

const HUMAN = ['heading "Talk to a person"', 'link "+00 000 000 000"', 'link "More ways to get help"']

test('three times slower: more time for the asking, and an expired code costs one press', LONG, async () => {
  const person = await visit(browser, demo.origin, { clock: true })
  const pass = async (ms: number): Promise<void> => {
    await demo.passTime(ms)
    await person.page.clock.fastForward(ms)
  }
  /** Thinks until the page is nearly over, and asks for more time. */
  const dawdle = async (): Promise<void> => {
    const end = await person.page.locator('.limit time').first().getAttribute('datetime')
    await pass(Date.parse(end ?? '') - demo.now() - seconds(90))
    await button(person, 'page.limit.more').click()
    await button(person, 'page.limit.more').waitFor({ state: 'hidden' })
  }
  const from = demo.now()
  await openStart(person)
  await pass(minutes(5))
  await giveLogin(person, 'alice')
  await pass(minutes(4))
  await choose(person, 'email')
  const late = await demo.mailedCode(mailOf('alice'))
  await pass(minutes(11))
  await field(person, 'page.code.label.email').fill(late)
  await button(person, 'page.code.submit').click()
  await isTold(person, 'page.problem.answer_wrong')
  await button(person, 'page.code.resend').click()
  await person.arrive(say(person, 'page.code.title.email'))
  const fresh = await demo.mailedCode(mailOf('alice'))
  await pass(minutes(9))
  await giveCode(person, fresh, 'page.choose.title_second')
  await dawdle()
  await choose(person, 'app_code')
  await dawdle()
  await giveCode(person, await demo.appCode('alice'), 'page.password.title')
  await dawdle()
  await dawdle()
  await givePassword(person, PASSWORD)
  expect(demo.now() - from).toBeGreaterThan(minutes(60))
  await hasPassword(person, 'alice', PASSWORD)
})

test('no script: slips cost a press there as well', LONG, async () => {
  const person = await visit(browser, demo.origin, { script: false })
  await openStart(person)
  await demo.passTime(seconds(21))
  await giveLoginClumsily(person, 'eve')
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('eve')), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  await giveCodeClumsily(person, await codeOf('eve'), 'page.password.title')
  await givePasswordClumsily(person, PASSWORD)
  await hasPassword(person, 'eve', PASSWORD)
})

test(
  'shared kiosk: nothing is remembered, and a minute after the end it is the next one’s',
  LONG,
  async () => {
    const person = await visit(browser, demo.origin, { clock: true })
    await openStart(person)
    await person.page.getByLabel(say(person, 'page.start.shared')).check()
    await giveLogin(person, 'alice')
    await choose(person, 'recovery_code')
    await giveCodeClumsily(person, await codeOf('alice'), 'page.choose.title_second')
    await choose(person, 'app_code')
    await demo.passTime(seconds(60))
    await giveCode(person, await demo.appCode('alice'), 'page.password.title')
    await givePassword(person, 'paper kites above town')
    expect(await button(person, 'page.finish').isVisible()).toBe(true)
    const kept = await person.context.cookies()
    expect(kept.filter(({ name, expires }) => name === 'postern-known' || expires > 0)).toEqual([])
    // The page is left at the end of it, and one that is gone need not answer that time has passed.
    void person.page.clock.fastForward(seconds(61)).catch(() => undefined)
    await person.arrive(say(person, 'page.start.title'))
    expect((await person.context.cookies()).map(({ name }) => name)).toEqual(['postern-form'])
    await person.page.goto(`${demo.origin}/reset`)
    await person.arrive(say(person, 'page.start.title'))
    expect(await field(person, 'page.login.label').inputValue()).toBe('')
    expect(await demo.canSignIn('alice', 'paper kites above town')).toBe(true)
    expect(person.faults).toEqual([])
    await person.close()
  },
)

test('Arabic on 320 pixels: nothing is cut off, slips included', LONG, async () => {
  const person = await begin('lou', { locale: 'ar', width: 320 })
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('lou')), 'page.code.title.app_code')
  await giveCodeClumsily(person, await demo.appCode('lou'), 'page.password.title')
  await givePasswordClumsily(person, 'سبعة طيور فوق الماء')
  await hasPassword(person, 'lou', 'سبعة طيور فوق الماء')
})
