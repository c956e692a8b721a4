// Six of the twelve people of decisions 1.14, who differ in what is registered for them and how their account stands.
// Each makes honest slips on the way, and ends with a new password or with a human's number before their eyes.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { minutes } from '../src/lib/clock.ts'
import { add, addEmail, codeOfNewApp } from './own-methods.ts'
import {
  confirmClumsily,
  giveCodeClumsily,
  giveLoginClumsily,
  givePasswordClumsily,
  pressTwice,
  signInClumsily,
} from './slips.ts'
import { button, choose, field, giveCode, isTold, openStart, say } from './steps.ts'
import { type Visit, visit } from './visit.ts'

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
const mailOf = (login: string): string => `${login}@private.example`

async function begin(login: string): Promise<Visit> {
  const person = await visit(browser, demo.origin)
  await openStart(person)
  await giveLoginClumsily(person, login)
  return person
}

/** No dead end, no restart, and the password counts. */
async function hasPassword(person: Visit, login: string, password: string): Promise<void> {
  expect(await demo.canSignIn(login, password)).toBe(true)
  await wasServed(person)
}

async function wasServed(person: Visit): Promise<void> {
  expect(person.faults).toEqual([])
  expect(person.starts()).toBe(1)
  await person.close()
}

test('no phone: private mail and a printed code', LONG, async () => {
  const person = await begin('alice')
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('alice')), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  const [code = ''] = (await demo.account('alice')).recovery_codes ?? []
  await giveCodeClumsily(person, code, 'page.password.title')
  await givePasswordClumsily(person, 'violet anchors drift north')
  await hasPassword(person, 'alice', 'violet anchors drift north')
})

test('new phone: the app is lost, private mail and a printed code are not', LONG, async () => {
  await demo.passTime(minutes(11))
  const person = await begin('alice')
  await choose(person, 'app_code')
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('alice')), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  const { recovery_codes: codes = [] } = await demo.account('alice')
  await giveCode(person, codes[0] ?? '', 'page.password.title')
  expect(codes).toHaveLength(5)
  await givePasswordClumsily(person, 'seven quiet herons wade')
  await hasPassword(person, 'alice', 'seven quiet herons wade')
})

test.each([
  ['never registered', 'carol'],
  ['one method only', 'bob'],
])('%s: a person helps, and a mail says why', LONG, async (_who, login) => {
  const person = await begin(login)
  const { help } = { help: person.page.getByRole('alert') }
  await choose(person, 'app_code')
  const right = login === 'bob' ? await demo.appCode('bob') : '492039'
  for (const code of [right, '123456']) {
    await person.page.locator('#code').fill(code)
    await button(person, 'page.code.submit').click()
    await isTold(person, 'page.problem.answer_wrong')
  }
  await help.filter({ hasText: '+00 000 000 000' }).waitFor()
  const reference = await person.page.locator('.reference bdi').textContent()
  await help.filter({ hasText: reference ?? 'none' }).waitFor()
  const { text } = await demo.mail(`${login}@sample.example`, /not enough ways to prove/)
  expect(text).toContain(reference)
  await wasServed(person)
})

test(
  'never registered: with a pass of the helpdesk, app and mail are set up, and reset the password',
  LONG,
  async () => {
    const pass = await passOf('carol')
    const person = await visit(browser, demo.origin)
    await person.page.goto(`${demo.origin}/sign-in`)
    await person.page.getByRole('link', { name: say(person, 'page.sign_in.pass') }).click()
    await person.arrive(say(person, 'page.pass.title'))
    await signInClumsily(person, 'carol', 'page.pass.label', pass, 'page.problem.pass_wrong')
    await person.arrive(say(person, 'page.setup.title'))
    await add(person, 'app_code')
    await confirmClumsily(person, await codeOfNewApp(person, demo), 'page.setup.title')
    await addEmail(person, demo, mailOf('carol'), 'page.setup.done_title')
    await person.page.getByText(say(person, 'page.info.enough')).waitFor()
    await demo.passTime(minutes(2))
    await openStart(person)
    await giveLoginClumsily(person, 'carol')
    await choose(person, 'email')
    await giveCodeClumsily(person, await demo.mailedCode(mailOf('carol')), 'page.code.title.app_code')
    await giveCodeClumsily(person, await demo.appCode('carol'), 'page.password.title')
    await givePasswordClumsily(person, 'seven quiet herons wade')
    await hasPassword(person, 'carol', 'seven quiet herons wade')
  },
)

/** What a human of the helpdesk reads out. */
async function passOf(login: string): Promise<string> {
  const helper = await visit(browser, demo.origin)
  await helper.page.goto(`${demo.origin}/demo`)
  await helper.page.getByRole('button', { name: `Give ${login} a temporary pass` }).click()
  const pass = await helper.page.locator(`#pockets-${login} code`).last().textContent()
  await helper.close()
  return pass ?? ''
}

test('expired password: it can still be changed with the old one, and be reset', LONG, async () => {
  const { password: old } = await demo.account('eve')
  const changing = await visit(browser, demo.origin)
  await changing.page.goto(`${demo.origin}/change`)
  await changing.arrive(say(changing, 'page.change.title'))
  await field(changing, 'page.login.label').fill('eve')
  await field(changing, 'page.change.old').fill(`${old}x`)
  await field(changing, 'page.password.label').fill('copper lanterns over water')
  await field(changing, 'page.password.again').fill('copper lanterns over water')
  await button(changing, 'page.change.submit').click()
  await isTold(changing, 'page.problem.old_wrong')
  await field(changing, 'page.change.old').fill(old)
  await field(changing, 'page.password.label').fill('copper lanterns over water')
  await field(changing, 'page.password.again').fill('copper lanterns over water')
  await button(changing, 'page.change.submit').dblclick()
  await changing.arrive(say(changing, 'page.change.done_title'))
  expect(changing.faults).toEqual([])
  expect(await demo.canSignIn('eve', 'copper lanterns over water')).toBe(true)
  await changing.close()
})

test('expired password: a reset does not mind', LONG, async () => {
  const person = await begin('eve')
  await choose(person, 'app_code')
  await giveCodeClumsily(person, await demo.appCode('eve'), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('eve')), 'page.password.title')
  await givePasswordClumsily(person, 'paper kites above town')
  await hasPassword(person, 'eve', 'paper kites above town')
})

test('locked by an old phone: unlocked with the password that was', LONG, async () => {
  const { password } = await demo.account('lou')
  expect(await demo.canSignIn('lou', password)).toBe(false)
  const person = await visit(browser, demo.origin)
  await openStart(person)
  await person.page.getByLabel(say(person, 'page.start.goal.unlock')).check()
  await giveLoginClumsily(person, 'lou')
  await choose(person, 'app_code')
  await giveCodeClumsily(person, await demo.appCode('lou'), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCode(person, await demo.mailedCode(mailOf('lou')), 'page.unlock.title')
  await pressTwice(person, button(person, 'page.unlock.submit'))
  await person.arrive(say(person, 'page.done.title_unlock'))
  await person.page.getByText(say(person, 'page.done.unlocked')).waitFor()
  await hasPassword(person, 'lou', password)
})
