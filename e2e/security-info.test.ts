// Every method of the table of issue 3 that no other file here registers and uses in this language: app code, e-mail and
// recovery codes in English by keyboard alone and in Arabic on 320 pixels; questions and token, which others register in
// English and use in Arabic, the other way round.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { minutes } from '../src/lib/clock.ts'
import type { MethodName } from '../src/method.ts'
import { questionText } from '../src/topics.ts'
import { keyboard } from './keyboard.ts'
import { add, addEmail, codeOfNewApp, codesOnPage, confirm, signIn, step } from './own-methods.ts'
import { missingFrom, readOut } from './reading.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, isTold, openStart, say } from './steps.ts'
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

const LONG = { timeout: 90_000 }
const ARABIC = { locale: 'ar', width: 320 } as const

/** Nothing was amiss on any page, nothing moved, and nobody else was asked. */
async function wasClean(person: Visit): Promise<void> {
  expect([person.faults, person.shifts]).toEqual([[], []])
  expect(person.asked.filter(address => !address.startsWith(`${person.origin}/`))).toEqual([])
  await person.close()
}

type Gate = readonly [method: MethodName, code: () => string | Promise<string>]

/** A reset through two gates, from a browser that was never here. */
async function reset(
  login: string,
  gates: readonly [Gate, Gate],
  password: string,
  look: Parameters<typeof visit>[2] = {},
): Promise<void> {
  // A code that the sign-in used up is no code any more.
  await demo.passTime(minutes(2))
  const person = await visit(browser, demo.origin, look)
  await openStart(person)
  await giveLogin(person, login)
  for (const [index, [method, code]] of gates.entries()) {
    await choose(person, method)
    await giveCode(person, await code(), index === 0 ? 'page.choose.title_second' : 'page.password.title')
  }
  await givePassword(person, password)
  expect(await demo.canSignIn(login, password)).toBe(true)
  await wasClean(person)
}

const app = (login: string): Gate => ['app_code', () => demo.appCode(login)]
const mail = (address: string): Gate => ['email', () => demo.mailedCode(address)]
const paper = (codes: readonly string[], index = 0): Gate => ['recovery_code', () => codes[index] ?? '']

test(
  'somebody who has nothing sets up app, mail and recovery codes by keyboard, and resets with them',
  LONG,
  async () => {
    const person = await visit(browser, demo.origin)
    const keys = keyboard(person)
    const found: string[] = []
    const arrive = async (key: Parameters<typeof say>[1]): Promise<void> => {
      await person.arrive(say(person, key))
      found.push(...(await axeFindings(person)))
    }
    const fill = async (key: Parameters<typeof say>[1], text: string): Promise<void> => {
      await keys.tabTo(say(person, key))
      await keys.type(text)
    }
    const press = (key: Parameters<typeof say>[1]): Promise<void> => keys.press(say(person, key))
    await person.page.goto(`${person.origin}/sign-in`)
    await arrive('page.sign_in.title')
    await fill('page.login.label', 'carol')
    await fill('page.sign_in.password', (await demo.account('carol')).password)
    await press('page.sign_in.submit')
    await arrive('page.setup.title')

    await press('page.setup.different')
    await press('page.method.app_code')
    await arrive('page.add.app_code.title')
    await fill('page.code.label.app_code', '000000')
    await press('page.add.confirm')
    await isTold(person, 'page.problem.answer_wrong')
    await fill('page.code.label.app_code', await codeOfNewApp(person, demo))
    await press('page.add.confirm')
    await arrive('page.setup.title')

    await press('page.setup.different')
    await press('page.method.email')
    await arrive('page.add.email.title')
    await fill('page.add.email.label', 'carol@sample.example')
    await press('page.add.email.submit')
    await isTold(person, 'page.info.why.own_address')
    await fill('page.add.email.label', 'carol@private.example')
    await press('page.add.email.submit')
    await field(person, 'page.code.label.app_code').waitFor()
    found.push(...(await axeFindings(person)))
    await fill('page.code.label.app_code', await demo.mailedCode('carol@private.example'))
    await press('page.add.confirm')
    await arrive('page.setup.done_title')
    await press('page.setup.to_list')
    await arrive('page.info.title')
    await press('page.method.recovery_code')
    await arrive('page.add.recovery_code.title')
    const codes = await codesOnPage(person)
    expect(codes).toHaveLength(10)
    await press('page.add.recovery_code.kept')
    await arrive('page.info.title')
    await person.page.getByText(say(person, 'page.info.enough')).waitFor()
    expect([found, keys.unseen]).toEqual([[], []])
    await wasClean(person)

    await reset('carol', [app('carol'), mail('carol@private.example')], 'seven quiet herons wade')
    await reset('carol', [paper(codes), app('carol')], 'violet anchors drift north')
  },
)

test(
  'in Arabic on 320 pixels: app, mail, recovery codes and questions, each registered; each used',
  LONG,
  async () => {
    const person = await visit(browser, demo.origin, ARABIC)
    const found: string[] = []
    const look = async (): Promise<void> => void found.push(...(await axeFindings(person)))
    await signIn(person, demo, 'bob', 'page.step.title')
    await look()
    await step(person, 'app_code', await demo.appCode('bob'), 'page.setup.title')
    await look()
    await addEmail(person, demo, 'bob@private.example', 'page.setup.done_title')
    await look()
    await person.page.getByRole('link', { name: say(person, 'page.setup.to_list') }).click()
    await person.arrive(say(person, 'page.info.title'))
    await add(person, 'app_code')
    await look()
    await confirm(person, await codeOfNewApp(person, demo), 'page.info.title')
    await add(person, 'recovery_code')
    await look()
    const codes = await codesOnPage(person)
    await person.page.getByRole('link', { name: say(person, 'page.add.recovery_code.kept') }).click()
    await person.arrive(say(person, 'page.info.title'))
    await add(person, 'security_questions')
    await look()
    const answers = await answerFive(person)
    await person.arrive(say(person, 'page.info.title'))
    await look()
    expect(found).toEqual([])
    await wasClean(person)

    await reset('bob', [mail('bob@private.example'), paper(codes)], 'سبعة طيور فوق الماء الأزرق', ARABIC)
    await demo.passTime(minutes(2))
    const other = await visit(browser, demo.origin)
    await openStart(other)
    await giveLogin(other, 'bob')
    await choose(other, 'app_code')
    await giveCode(other, await demo.appCode('bob'), 'page.choose.title_second')
    await choose(other, 'security_questions')
    for (const [topic, answer] of answers) {
      const asked = other.page.getByLabel(questionText(other.words, { id: topic, text: null }), {
        exact: true,
      })
      if ((await asked.count()) > 0) await asked.fill(answer)
    }
    await button(other, 'page.code.submit').click()
    await other.arrive(say(other, 'page.password.title'))
    await givePassword(other, 'copper lanterns over water')
    expect(await demo.canSignIn('bob', 'copper lanterns over water')).toBe(true)
    await wasClean(other)
  },
)

const ANSWERS = ['زنبقة الوادي', 'شارع الزيتون', 'مدرسة النور', 'جبل الشيخ', 'بحيرة طبريا']

/** The first five questions of the list, answered; by the id of the question. */
async function answerFive(person: Visit): Promise<[topic: string, answer: string][]> {
  const given: [string, string][] = []
  for (const [index, answer] of ANSWERS.entries()) {
    await person.page.locator(`#topic_${index + 1}`).selectOption({ index: index + 1 })
    given.push([await person.page.locator(`#topic_${index + 1}`).inputValue(), answer])
    await person.page.locator(`#answer_${index + 1}`).fill(answer)
  }
  await button(person, 'page.questions.submit').click()
  return given
}

test('a hardware token is activated in Arabic, and resets in English', LONG, async () => {
  const person = await visit(browser, demo.origin, ARABIC)
  await signIn(person, demo, 'alice', 'page.step.title')
  await step(person, 'app_code', await demo.appCode('alice'), 'page.info.title')
  const named = `${say(person, 'page.info.activate')} ${say(person, 'page.method.hardware_code')}`
  await person.page.getByRole('link', { name: named }).click()
  await person.arrive(say(person, 'page.add.hardware_code.title'))
  expect(await axeFindings(person)).toEqual([])
  await field(person, 'page.code.label.hardware_code').fill(await demo.tokenCode('alice'))
  await button(person, 'page.add.hardware_code.submit').click()
  await person.arrive(say(person, 'page.info.title'))
  await wasClean(person)
  const { recovery_codes: codes = [] } = await demo.account('alice')
  await reset(
    'alice',
    [['hardware_code', () => demo.tokenCode('alice')], paper(codes)],
    'paper kites above town',
  )
})

test(
  'a screen reader hears in order where one is, what stands, what can be done and who helps',
  LONG,
  async () => {
    const person = await visit(browser, demo.origin)
    const missing: (string | null)[] = []
    const hears = async (...lines: readonly string[]): Promise<void> =>
      void missing.push(missingFrom(await readOut(person), ['link "Skip', 'main', ...lines, ...HUMAN]))
    await person.page.goto(`${person.origin}/sign-in`)
    await hears(
      'heading "Sign in to your security info"',
      'textbox "User name or e-mail address" (For example:',
      'textbox "Password"',
      'checkbox "This is a shared computer',
      'button "Sign in"',
      'link "I have forgotten my password"',
      'link "I have a temporary pass"',
    )
    await signIn(person, demo, 'una', 'page.step.title')
    await hears('heading "Prove that', 'button "Code from an authenticator app', 'button "Recovery code')
    await step(person, 'app_code', await demo.appCode('una'), 'page.info.title')
    await hears(
      'heading "Your security info"',
      'heading "What you have set up"',
      'link "Change Code from an authenticator app"',
      'heading "Add a method"',
      'button "Passkey Recommended The strongest way',
      'button "Code from an authenticator app An app on your phone',
      'link "Change your password"',
      'link "Recent activity"',
      'button "Sign out"',
      'button "Sign out everywhere"',
    )
    await add(person, 'app_code')
    await person.page.locator('#code').fill('000000')
    await button(person, 'page.add.confirm').click()
    await isTold(person, 'page.problem.answer_wrong')
    expect(await person.page.title()).toMatch(/^Problem: /)
    await hears(
      'heading "Set up an authenticator app"',
      'alert',
      'link "This code was not right',
      'image "QR code for the authenticator app; the same key stands below as text"',
      'link "Open it in an app on this device"',
      'textbox "Code" (Type the 6 digits',
      'button "Confirm"',
    )
    expect(missing).toEqual([null, null, null, null])
    await wasClean(person)
  },
)

const HUMAN = ['heading "Talk to a person"', 'link "+00 000 000 000"', 'link "More ways to get help"']
