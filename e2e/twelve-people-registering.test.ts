// Those of the twelve people of decisions 1.14 who sign in first: no phone, new phone, expired password. Each makes honest
// slips on the way, registers what they have now, and ends with a new password.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { addAuthenticator } from '../rig/virtual-authenticator.ts'
import { minutes } from '../src/lib/clock.ts'
import { add, codeOfNewApp, codesOnPage, step } from './own-methods.ts'
import {
  confirmClumsily,
  giveCodeClumsily,
  giveLoginClumsily,
  givePasswordClumsily,
  pressTwice,
  signInClumsily,
} from './slips.ts'
import { button, choose, field, openStart, say } from './steps.ts'
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

/** With the password, as somebody in a hurry types it. */
async function enter(login: string): Promise<Visit> {
  const person = await visit(browser, demo.origin)
  await person.page.goto(`${demo.origin}/security-info`)
  await person.arrive(say(person, 'page.sign_in.title'))
  const { password } = await demo.account(login)
  await signInClumsily(person, login, 'page.sign_in.password', password, 'page.problem.sign_in_wrong')
  return person
}

/** Two minutes later, from the first page. No code that was used up is asked for again. */
async function forget(person: Visit, login: string): Promise<void> {
  await demo.passTime(minutes(2))
  await openStart(person)
  await giveLoginClumsily(person, login)
}

/** No dead end, no restart, and the password counts. */
async function hasPassword(person: Visit, login: string, password: string): Promise<void> {
  expect(await demo.canSignIn(login, password)).toBe(true)
  expect(person.faults).toEqual([])
  expect(person.starts()).toBe(1)
  await person.close()
}

test('no phone: a security key and printed codes, from the page that says so', LONG, async () => {
  const person = await enter('carol')
  const key = await addAuthenticator(person.context, person.page)
  const withoutPhone = async (): Promise<void> => {
    await person.arrive(say(person, 'page.setup.title'))
    await person.page.getByRole('link', { name: say(person, 'page.setup.no_phone') }).click()
    await person.arrive(say(person, 'page.setup.no_phone_title'))
  }
  await withoutPhone()
  await add(person, 'passkey')
  await key.verifies(false)
  await button(person, 'page.add.passkey.submit').click()
  await person.page.getByText(say(person, 'page.add.passkey.nothing')).waitFor()
  await key.verifies(true)
  await button(person, 'page.add.passkey.submit').click()
  await withoutPhone()
  await add(person, 'recovery_code')
  const [code = ''] = await codesOnPage(person)
  await person.page.getByRole('link', { name: say(person, 'page.add.recovery_code.kept') }).click()
  await person.arrive(say(person, 'page.setup.done_title'))

  await forget(person, 'carol')
  await choose(person, 'passkey')
  await button(person, 'page.code.label.passkey').click()
  await person.arrive(say(person, 'page.code.title.recovery_code'))
  await giveCodeClumsily(person, code, 'page.password.title')
  await givePasswordClumsily(person, 'seven quiet herons wade')
  await hasPassword(person, 'carol', 'seven quiet herons wade')
})

test('new phone: a printed code opens the door, the old app goes, the new one resets', LONG, async () => {
  const { recovery_codes: codes = [], totp_secret: old } = await demo.account('alice')
  const person = await enter('alice')
  await person.arrive(say(person, 'page.step.title'))
  await step(person, 'recovery_code', codes[0] ?? '', 'page.info.title')
  const named = `${say(person, 'page.info.manage')} ${say(person, 'page.method.app_code')}`
  await person.page.getByRole('link', { name: named }).click()
  await person.arrive(say(person, 'page.method.app_code'))
  await pressTwice(person, button(person, 'page.held.remove'))
  await person.arrive(say(person, 'page.info.title'))
  expect((await demo.account('alice')).totp_secret).toBeUndefined()
  await add(person, 'app_code')
  await confirmClumsily(person, await codeOfNewApp(person, demo), 'page.info.title')
  expect((await demo.account('alice')).totp_secret).not.toBe(old)

  await forget(person, 'alice')
  await choose(person, 'app_code')
  await giveCodeClumsily(person, await demo.appCode('alice'), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCodeClumsily(person, await demo.mailedCode(mailOf('alice')), 'page.password.title')
  await givePasswordClumsily(person, 'paper kites above town')
  await hasPassword(person, 'alice', 'paper kites above town')
})

test('expired password: the door leads to a new one', LONG, async () => {
  const { password: old } = await demo.account('eve')
  const person = await enter('eve')
  await person.arrive(say(person, 'page.change.title'))
  await person.page.getByText(say(person, 'page.change.expired')).waitFor()
  expect(await field(person, 'page.login.label').inputValue()).toContain('EVE')
  await field(person, 'page.change.old').fill(old)
  await field(person, 'page.password.label').fill('copper lanterns over water')
  await field(person, 'page.password.again').fill('copper lanterns over water')
  await pressTwice(person, button(person, 'page.change.submit'))
  await person.arrive(say(person, 'page.change.done_title'))
  expect(await demo.canSignIn('eve', 'copper lanterns over water')).toBe(true)
  await person.close()
})
