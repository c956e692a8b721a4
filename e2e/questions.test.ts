// Security questions in Chromium: chosen by keyboard alone at security info, then asked for in a reset in Arabic.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { minutes } from '../src/lib/clock.ts'
import { TOPICS } from '../src/topics.ts'
import { type Keyboard, keyboard } from './keyboard.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
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

const GOOD = ['Anneliese', 'Bartholomew', 'Caernarfon', 'Dubrovnik', 'Esztergom']

async function signIn(person: Visit, login: string): Promise<void> {
  await person.page.goto(`${person.origin}/sign-in`)
  await field(person, 'page.login.label').fill(login)
  await field(person, 'page.sign_in.password').fill((await demo.account(login)).password)
  await button(person, 'page.sign_in.submit').click()
  await person.arrive(say(person, 'page.step.title'))
  await choose(person, 'app_code')
  await giveCode(person, await demo.appCode(login), 'page.info.title')
}

/** The n-th question of the list, and an answer, in each place. Where a topic stands already, only the answer is typed. */
async function fill(
  keys: Keyboard,
  person: Visit,
  answers: readonly string[],
  isFresh: boolean,
): Promise<void> {
  for (const [index, answer] of answers.entries()) {
    if (isFresh) {
      await keys.tabTo(say(person, 'page.questions.pick'))
      for (let step = 0; step <= index; step++) await person.page.keyboard.press('ArrowDown')
    }
    await keys.tabTo(person.words.t('page.questions.answer', { number: index + 1 }))
    if (!isFresh) await person.page.keyboard.press('ControlOrMeta+a')
    await keys.type(answer)
  }
  await keys.press(say(person, 'page.questions.submit'))
}

test('registered by keyboard, they reset a password beside the app code, in Arabic on 320 pixels', {
  timeout: 90_000,
}, async () => {
  const owner = await visit(browser, demo.origin)
  const keys = keyboard(owner)
  await signIn(owner, 'una')
  await owner.page.getByRole('button', { name: say(owner, 'page.method.security_questions') }).click()
  await owner.arrive(say(owner, 'page.add.security_questions.title'))
  await fill(keys, owner, ['Anneliese', 'una', 'Caernarfon', 'caernarfon', 'Esztergom'], true)
  await owner.page.getByRole('alert').waitFor()
  expect(await owner.page.locator('p.wrong').allTextContents()).toEqual([
    say(owner, 'page.weak.own_name'),
    say(owner, 'page.weak.same_as_another'),
    say(owner, 'page.weak.same_as_another'),
  ])
  expect(await axeFindings(owner)).toEqual([])
  await fill(keys, owner, GOOD, false)
  await owner.arrive(say(owner, 'page.info.title'))
  expect(keys.unseen).toEqual([])
  expect(owner.faults).toEqual([])

  await demo.passTime(minutes(2))
  const person = await visit(browser, demo.origin, { locale: 'ar', width: 320 })
  await openStart(person)
  await giveLogin(person, 'una')
  await choose(person, 'app_code')
  await giveCode(person, await demo.appCode('una'), 'page.choose.title_second')
  await choose(person, 'security_questions')
  expect(await axeFindings(person)).toEqual([])
  let asked = 0
  for (const [index, topic] of TOPICS.slice(0, 5).entries()) {
    const input = person.page.getByLabel(say(person, `topic.${topic}`), { exact: true })
    if ((await input.count()) === 0) continue
    asked += 1
    await input.fill(` ${GOOD[index]?.toUpperCase()} `)
  }
  expect(asked).toBe(3)
  await button(person, 'page.code.submit').click()
  await person.arrive(say(person, 'page.password.title'))
  await givePassword(person, 'سبعة طيور فوق الماء الأزرق')
  expect(await demo.canSignIn('una', 'سبعة طيور فوق الماء الأزرق')).toBe(true)
  expect(person.faults).toEqual([])
})
