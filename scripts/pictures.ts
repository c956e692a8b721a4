// npm run pictures: the README's pictures of the five steps and of security info, taken from the running demo, in docs/pictures.
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { add, addEmail, codeOfNewApp, confirm, signIn } from '../e2e/own-methods.ts'
import {
  button,
  choose,
  field,
  giveCode,
  giveLogin,
  givePassword,
  openStart,
  say,
  typePassword,
} from '../e2e/steps.ts'
import { type Visit, type VisitOptions, visit } from '../e2e/visit.ts'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { addAuthenticator } from '../rig/virtual-authenticator.ts'
import { root } from './run-step.ts'

const TO = join(root, 'docs/pictures')
const BYTES_MAX = 150_000
/** So much of a wide page's middle holds all there is to see. */
const MIDDLE = 1_120

const [demo, browser] = await Promise.all([startDemo(), launchBrowser()])
mkdirSync(TO, { recursive: true })
try {
  await wide(demo)
  await settingUp(demo)
  await narrow(demo)
} finally {
  await browser.close()
  await demo.stop()
}

/** The five steps in English, on a wide window, in daylight. */
async function wide(demo: Demo): Promise<void> {
  const person = await open({ width: 1440 })
  await openStart(person)
  await person.page.locator('.languages summary').click()
  await take(person, '1-language')
  await person.page.locator('.languages summary').click()
  await field(person, 'page.login.label').fill('alice')
  await person.page.getByText(say(person, 'page.bot_check.done')).waitFor()
  await take(person, '2-account')
  await giveLogin(person, 'alice')
  await take(person, '3-proof')
  await choose(person, 'email')
  await giveCode(person, await demo.mailedCode('alice@private.example'), 'page.choose.title_second')
  await choose(person, 'app_code')
  await giveCode(person, await demo.appCode('alice'), 'page.password.title')
  await typePassword(person, 'violet anchors drift north')
  await person.page.locator('[data-strength]:not(:empty)').waitFor()
  await take(person, '4-password')
  await person.page.reload()
  await givePassword(person, 'violet anchors drift north')
  await take(person, '5-done')
  const { html } = await demo.mail('alice@private.example', /password was reset/)
  await person.close()
  await takeMail(html)
}

/** Somebody who has nothing yet, until it is enough. */
async function settingUp(demo: Demo): Promise<void> {
  const person = await open({ width: 1440 })
  const key = await addAuthenticator(person.context, person.page)
  await signIn(person, demo, 'carol', 'page.setup.title')
  await take(person, '7-setup')
  await add(person, 'passkey')
  await field(person, 'page.held.label').fill('key on my key ring')
  await button(person, 'page.add.passkey.submit').click()
  await person.arrive(say(person, 'page.setup.title'))
  await addEmail(person, demo, 'carol@private.example', 'page.setup.done_title')
  await person.page.goto(`${person.origin}/security-info`)
  await add(person, 'app_code')
  await confirm(person, await codeOfNewApp(person, demo), 'page.info.title')
  await take(person, '8-security-info')
  if ((await key.credentials()) !== 1) throw new Error('the passkey is not there')
  await person.close()
}

/** Arabic on a telephone at night. */
async function narrow(demo: Demo): Promise<void> {
  const person = await open({ locale: 'ar', width: 320, dark: true })
  await openStart(person)
  await giveLogin(person, 'una')
  await choose(person, 'app_code')
  await giveCode(person, await demo.appCode('una'), 'page.choose.title_second')
  await choose(person, 'recovery_code')
  await giveCode(person, (await demo.account('una')).recovery_codes?.[0] ?? '', 'page.password.title')
  await take(person, 'arabic-320')
  await person.close()
}

function open(options: VisitOptions): Promise<Visit> {
  return visit(browser, demo.origin, options)
}

/** From the top to the end of what the page says. */
async function take({ page }: Pick<Visit, 'page'>, name: string): Promise<void> {
  const path = join(TO, `${name}.png`)
  await page.mouse.move(0, 0)
  const height = await page.evaluate(() => {
    const ends = [...document.body.children].map(child => child.getBoundingClientRect().bottom)
    return Math.ceil(Math.max(...ends) + window.scrollY)
  })
  const whole = page.viewportSize()?.width ?? 0
  const width = Math.min(whole, MIDDLE)
  const clip = { x: (whole - width) / 2, y: 0, width, height }
  await page.screenshot({ path, fullPage: true, clip, animations: 'disabled' })
  const { size } = statSync(path)
  console.log(`${name}.png: ${Math.round(size / 1_000)} kB`)
  if (size > BYTES_MAX) throw new Error(`${name}.png is larger than ${BYTES_MAX / 1_000} kB`)
}

/** As a mail program shows it: alone, without a content policy of ours. */
async function takeMail(html: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 720, height: 400 } })
  await page.setContent(html)
  await take({ page }, '6-notification')
  await page.close()
}
