// A newcomer's way through the demo, from the first page to the notification, in Chromium; and the same for people who
// use no mouse, run no script, or read another language.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { seconds } from '../src/lib/clock.ts'
import { type Keyboard, keyboard } from './keyboard.ts'
import { choose, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { axeFindings, type Visit, visit } from './visit.ts'

let demo: Demo
let browser: Browser
beforeAll(async () => {
  ;[demo, browser] = await Promise.all([startDemo(), launchBrowser()])
})
afterAll(async () => {
  await browser.close()
  await demo.stop()
})

const mailOf = (login: string): string => `${login}@private.example`

test('a newcomer resets a password with app code and e-mail code, and is told of it', {
  timeout: 60_000,
}, async () => {
  const person = await visit(browser, demo.origin)
  const old = (await demo.account('alice')).password
  const found: string[] = []
  const look = async (): Promise<void> => void found.push(...(await axeFindings(person)))
  await openStart(person)
  await look()
  await giveLogin(person, 'alice')
  await look()
  await choose(person, 'app_code')
  await look()
  await giveCode(person, await demo.appCode('alice'), 'page.choose.title_second')
  await look()
  await choose(person, 'email')
  await look()
  await giveCode(person, await demo.mailedCode(mailOf('alice')), 'page.password.title')
  await look()
  await givePassword(person, 'violet anchors drift north')
  await look()
  expect(found).toEqual([])
  await isDone(person, 'alice', 'violet anchors drift north', old)
})

test('by keyboard alone, with the focus in sight at every stop', { timeout: 60_000 }, async () => {
  const person = await visit(browser, demo.origin)
  const old = (await demo.account('una')).password
  const keys = keyboard(person)
  await openStart(person)
  await keys.tabTo(say(person, 'page.login.label'))
  await keys.type('una')
  await keys.press(say(person, 'page.start.submit'))
  await person.arrive(say(person, 'page.choose.title'))
  await keys.press(say(person, 'page.method.app_code'))
  await person.arrive(say(person, 'page.code.title.app_code'))
  await answer(keys, person, await demo.appCode('una'))
  await person.arrive(say(person, 'page.choose.title_second'))
  await keys.press(say(person, 'page.method.email'))
  await person.arrive(say(person, 'page.code.title.email'))
  await answer(keys, person, await demo.mailedCode(mailOf('una')))
  await person.arrive(say(person, 'page.password.title'))
  await keys.tabTo(say(person, 'page.password.label'))
  await keys.type('seven quiet herons wade')
  await keys.tabTo(say(person, 'page.password.again'))
  await keys.type('seven quiet herons wade')
  await keys.press(say(person, 'page.password.submit'))
  await person.arrive(say(person, 'page.done.title_password'))
  expect(keys.unseen).toEqual([])
  await isDone(person, 'una', 'seven quiet herons wade', old)
})

async function answer(keys: Keyboard, person: Visit, code: string): Promise<void> {
  await keys.tabTo(say(person, 'page.code.label.email'))
  await keys.type(code)
  await person.page.keyboard.press('Enter')
}

test('without script, to the very end', { timeout: 60_000 }, async () => {
  const person = await visit(browser, demo.origin, { script: false })
  const { password: old, recovery_codes: codes = [] } = await demo.account('eve')
  await openStart(person)
  await demo.passTime(seconds(21))
  await giveLogin(person, 'eve')
  await choose(person, 'app_code')
  await giveCode(person, await demo.appCode('eve'), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  await giveCode(person, codes[0] ?? '', 'page.password.title')
  await givePassword(person, 'copper lanterns over water')
  await isDone(person, 'eve', 'copper lanterns over water', old)
})

test('in Arabic, on a window 320 pixels wide', { timeout: 60_000 }, async () => {
  const person = await visit(browser, demo.origin, { locale: 'ar', width: 320, dark: true })
  const { password: old, recovery_codes: codes = [] } = await demo.account('alice')
  await openStart(person)
  expect(await person.page.evaluate(() => [document.dir, document.documentElement.lang])).toEqual([
    'rtl',
    'ar',
  ])
  await giveLogin(person, 'alice')
  await choose(person, 'recovery_code')
  await giveCode(
    person,
    codes[0]?.toLowerCase().replace(/....(?!$)/g, '$&-') ?? '',
    'page.choose.title_second',
  )
  // Whoever went before may have had a mail sent to the same address.
  await demo.passTime(seconds(31))
  await choose(person, 'email')
  await giveCode(person, await demo.mailedCode(mailOf('alice')), 'page.password.title')
  await givePassword(person, 'سبعة طيور فوق الماء')
  await isDone(person, 'alice', 'سبعة طيور فوق الماء', old)
})

test('in German', { timeout: 60_000 }, async () => {
  const person = await visit(browser, demo.origin, { locale: 'de' })
  const { password: old } = await demo.account('lou')
  await openStart(person)
  expect(await person.page.evaluate(() => document.documentElement.lang)).toBe('de')
  await giveLogin(person, 'lou@sample.example')
  await choose(person, 'email')
  await giveCode(person, await demo.mailedCode(mailOf('lou')), 'page.code.title.app_code')
  await giveCode(person, await demo.appCode('lou'), 'page.password.title')
  await givePassword(person, 'grüne Äpfel über dem Fluß')
  await isDone(person, 'lou', 'grüne Äpfel über dem Fluß', old)
})

/**
 * The new password opens the directory and the old one does not; the person was told; one start, nothing moved, nothing
 * was amiss on any page, and the browser asked nobody but the demo.
 */
async function isDone(person: Visit, login: string, password: string, old: string): Promise<void> {
  expect(await demo.canSignIn(login, password)).toBe(true)
  expect(await demo.canSignIn(login, old)).toBe(false)
  const subject = person.words.t('mail.password_reset.subject')
  expect((await demo.mail(mailOf(login), new RegExp(`^${subject}`))).text).toContain(`${demo.origin}/not-me/`)
  expect(person.faults).toEqual([])
  expect(person.shifts).toEqual([])
  expect(person.starts()).toBe(1)
  expect(person.asked.filter(address => !address.startsWith(`${person.origin}/`))).toEqual([])
  await person.close()
}
