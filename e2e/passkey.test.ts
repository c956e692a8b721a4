// A passkey from the first sign-in to a new password, in Chromium with its own authenticator, beside a Samba AD and an
// OpenLDAP: in English with a mouse, in Arabic with the keyboard alone.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Mail, type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { type Samba, startSamba } from '../rig/samba.ts'
import { openldapEntry, prepareServe, type Serve, sambaEntry } from '../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../rig/slapd.ts'
import { addAuthenticator } from '../rig/virtual-authenticator.ts'
import type { MethodName } from '../src/method.ts'
import { keyboard } from './keyboard.ts'
import { button, choose, field, giveCode, giveLogin, givePassword, isTold, openStart, say } from './steps.ts'
import { axeFindings, type Visit, visit } from './visit.ts'

const OLD = 'Old-Password 4711'
const NEW = 'Seven quiet herons wade 7'
const mailOf = (login: string): string => `${login}@private.example`

let samba: Samba
let slapd: Slapd
let mail: MailSink
let serve: Serve
let browser: Browser
let adele: string
beforeAll(async () => {
  ;[samba, slapd, mail, browser] = await Promise.all([
    startSamba(),
    startSlapd({ users: [{ uid: 'olga', password: OLD }] }),
    startMailSink(),
    launchBrowser(),
  ])
  adele = await samba.addUser({ login: 'adele', password: OLD })
  serve = await prepareServe({
    directories: [sambaEntry(samba), openldapEntry(slapd)],
    mail,
    policy: { registration: { first: 'open' } },
    // Nobody waits here for the ticket of a page without script.
    deployment: { bot_check: { kind: 'none' } },
  })
  await serve.start()
})
afterAll(async () => {
  await browser.close()
  await serve.stop()
  await Promise.all([samba.stop(), slapd.stop(), mail.stop()])
})

async function mailedCode(login: string): Promise<string> {
  const hasCode = ({ to, text }: Mail): boolean => to.includes(mailOf(login)) && /^ *\d{6}$/m.test(text)
  return /^ *(\d{6})$/m.exec((await mail.waitFor(hasCode)).text)?.[1] ?? ''
}

const openSignIn = async (person: Visit): Promise<void> => {
  await person.page.goto(`${serve.origin}/sign-in`)
  await person.arrive(say(person, 'page.sign_in.title'))
}

const add = (person: Visit, method: MethodName): Promise<void> =>
  person.page.getByRole('button', { name: say(person, `page.method.${method}`) }).click()

async function giveOldPassword(person: Visit): Promise<void> {
  await openSignIn(person)
  await field(person, 'page.login.label').fill('adele')
  await field(person, 'page.sign_in.password').fill(OLD)
  await button(person, 'page.sign_in.submit').click()
}

/** What is wrong anywhere on the way; nothing but our own origin was asked. */
const isClean = (person: Visit): void => {
  expect([person.faults, person.shifts]).toEqual([[], []])
  expect(person.asked.filter(address => !address.startsWith(`${serve.origin}/`))).toEqual([])
}

test('in Active Directory: registered by its owner, and a reset with passkey and e-mail', async () => {
  const person = await visit(browser, serve.origin)
  const key = await addAuthenticator(person.context, person.page)
  await giveOldPassword(person)
  await person.arrive(say(person, 'page.setup.title'))
  await button(person, 'page.setup.later').click()
  await person.arrive(say(person, 'page.info.title'))
  await add(person, 'passkey')
  await person.arrive(say(person, 'page.add.passkey.title'))
  expect(await axeFindings(person)).toEqual([])
  await key.verifies(false)
  await button(person, 'page.add.passkey.submit').click()
  await person.page.getByText(say(person, 'page.add.passkey.nothing')).waitFor()
  await key.verifies(true)
  await field(person, 'page.held.label').fill('my phone')
  await button(person, 'page.add.passkey.submit').click()
  await person.arrive(say(person, 'page.info.title'))
  await person.page.getByText('my phone').first().waitFor()
  await add(person, 'passkey')
  await person.arrive(say(person, 'page.add.passkey.title'))
  await button(person, 'page.add.passkey.submit').click()
  await person.page.getByText(say(person, 'page.add.passkey.there')).waitFor()
  expect(await key.credentials()).toBe(1)
  // From now on the password alone opens nothing.
  await giveOldPassword(person)
  await person.arrive(say(person, 'page.step.title'))
  await choose(person, 'passkey')
  await button(person, 'page.code.label.passkey').click()
  await person.arrive(say(person, 'page.info.title'))
  await serve.enrol({ login: 'adele', method: 'email', address: mailOf('adele') })

  await openStart(person)
  await giveLogin(person, 'adele')
  await choose(person, 'passkey')
  expect(await axeFindings(person)).toEqual([])
  await key.verifies(false)
  await button(person, 'page.code.label.passkey').click()
  await person.page.getByText(say(person, 'page.passkey.nothing')).waitFor()
  await key.verifies(true)
  await button(person, 'page.code.label.passkey').click()
  await person.arrive(say(person, 'page.choose.title_second'))
  await choose(person, 'email')
  await giveCode(person, await mailedCode('adele'), 'page.password.title')
  await givePassword(person, NEW)
  expect((await samba.hand.tryBind(adele, NEW)).ok).toBe(true)
  expect((await samba.hand.tryBind(adele, OLD)).ok).toBe(false)

  // The passkey of one account is of no use to another, and says nothing of who has one.
  await openStart(person)
  await giveLogin(person, 'olga')
  await choose(person, 'passkey')
  await button(person, 'page.code.label.passkey').click()
  await isTold(person, 'page.problem.passkey_wrong')
  isClean(person)
  await person.close()
}, 60_000)

test('in OpenLDAP, in Arabic, with the keyboard alone', async () => {
  const person = await visit(browser, serve.origin, { locale: 'ar' })
  await addAuthenticator(person.context, person.page)
  const keys = keyboard(person)
  const press = (key: Parameters<typeof say>[1]): Promise<void> => keys.press(say(person, key))
  const fill = async (key: Parameters<typeof say>[1], text: string): Promise<void> => {
    await keys.tabTo(say(person, key))
    await keys.type(text)
  }
  await openSignIn(person)
  await fill('page.login.label', 'olga')
  await fill('page.sign_in.password', OLD)
  await press('page.sign_in.submit')
  await person.arrive(say(person, 'page.setup.title'))
  await press('page.method.passkey')
  await person.arrive(say(person, 'page.add.passkey.title'))
  await press('page.add.passkey.submit')
  await person.arrive(say(person, 'page.setup.title'))
  await serve.enrol({ login: 'olga', method: 'email', address: mailOf('olga') })

  await openStart(person)
  await fill('page.login.label', 'olga')
  await press('page.start.submit')
  await person.arrive(say(person, 'page.choose.title'))
  await press('page.method.passkey')
  await person.arrive(say(person, 'page.code.title.passkey'))
  await press('page.code.label.passkey')
  await person.arrive(say(person, 'page.choose.title_second'))
  await press('page.method.email')
  await person.arrive(say(person, 'page.code.title.email'))
  await fill('page.code.label.email', await mailedCode('olga'))
  await press('page.code.submit')
  await person.arrive(say(person, 'page.password.title'))
  await press('page.password.show')
  await person.page.keyboard.press('Shift+Tab')
  await keys.type(NEW)
  await press('page.password.submit')
  await person.arrive(say(person, 'page.done.title_password'))
  expect((await slapd.hand.tryBind(personDn('olga'), NEW)).ok).toBe(true)
  expect(keys.unseen).toEqual([])
  isClean(person)
  await person.close()
}, 60_000)

test('a browser that knows no passkeys says so, and has the other ways', async () => {
  const person = await visit(browser, serve.origin)
  await person.context.addInitScript(() => Reflect.deleteProperty(window, 'PublicKeyCredential'))
  await openStart(person)
  await giveLogin(person, 'nobody')
  await choose(person, 'passkey')
  await button(person, 'page.code.label.passkey').click()
  await person.page.getByText(say(person, 'page.passkey.unsupported')).waitFor()
  await choose(person, 'recovery_code')
  isClean(person)
  await person.close()
}, 60_000)

test('without script the page says so, and the other ways are one press away', async () => {
  const person = await visit(browser, serve.origin, { script: false })
  await openStart(person)
  await giveLogin(person, 'nobody')
  await choose(person, 'passkey')
  await person.page.getByText(say(person, 'page.passkey.script')).waitFor()
  expect(await button(person, 'page.code.label.passkey').count()).toBe(0)
  await choose(person, 'app_code')
  isClean(person)
  await person.close()
}, 60_000)
