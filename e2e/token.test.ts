// A hardware token in Chromium: activated by keyboard alone at security info, then used for a reset in Arabic.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { minutes } from '../src/lib/clock.ts'
import { keyboard } from './keyboard.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { axeFindings, visit } from './visit.ts'

let demo: Demo
let browser: Browser
beforeAll(async () => {
  ;[demo, browser] = await Promise.all([startDemo(), launchBrowser()])
})
afterAll(async () => {
  await browser.close()
  await demo.stop()
})

test('activated by keyboard, it resets a password beside a mail, in Arabic on 320 pixels', {
  timeout: 90_000,
}, async () => {
  const owner = await visit(browser, demo.origin)
  const keys = keyboard(owner)
  await owner.page.goto(`${owner.origin}/sign-in`)
  await field(owner, 'page.login.label').fill('alice')
  await field(owner, 'page.sign_in.password').fill((await demo.account('alice')).password)
  await button(owner, 'page.sign_in.submit').click()
  await owner.arrive(say(owner, 'page.step.title'))
  await choose(owner, 'app_code')
  await giveCode(owner, await demo.appCode('alice'), 'page.info.title')
  expect(await owner.page.getByText('DEMO-0001').count()).toBe(1)
  await keys.press(`${say(owner, 'page.info.activate')} ${say(owner, 'page.method.hardware_code')}`)
  await owner.arrive(say(owner, 'page.add.hardware_code.title'))
  await keys.tabTo(say(owner, 'page.code.label.hardware_code'))
  await keys.type('000000')
  await keys.press(say(owner, 'page.add.hardware_code.submit'))
  await owner.page.getByRole('alert').waitFor()
  expect(await axeFindings(owner)).toEqual([])
  await keys.tabTo(say(owner, 'page.code.label.hardware_code'))
  await keys.type(await demo.tokenCode('alice'))
  await keys.press(say(owner, 'page.add.hardware_code.submit'))
  await owner.arrive(say(owner, 'page.info.title'))
  expect(await owner.page.getByText(say(owner, 'page.info.waiting')).count()).toBe(0)
  expect(keys.unseen).toEqual([])
  expect(owner.faults).toEqual([])

  await demo.passTime(minutes(2))
  const person = await visit(browser, demo.origin, { locale: 'ar', width: 320 })
  await openStart(person)
  await giveLogin(person, 'alice')
  await choose(person, 'hardware_code')
  expect(await axeFindings(person)).toEqual([])
  await giveCode(person, await demo.tokenCode('alice'), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCode(person, await demo.mailedCode('alice@private.example'), 'page.password.title')
  await givePassword(person, 'سبعة طيور فوق الماء الأزرق')
  expect(await demo.canSignIn('alice', 'سبعة طيور فوق الماء الأزرق')).toBe(true)
  expect(person.faults).toEqual([])
})
