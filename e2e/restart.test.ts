// The server dies and comes back between every two steps of a reset in a browser: nobody notices but the log.
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { openldapEntry, prepareServe, type Serve } from '../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../rig/slapd.ts'
import { choose, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { visit } from './visit.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const MAILBOX = 'olga@private.example'
const OLD = 'the old password of olga'
const NEW = 'seven quiet herons wade'

let slapd: Slapd
let mail: MailSink
let serve: Serve
let browser: Browser
beforeAll(async () => {
  ;[slapd, mail, browser] = await Promise.all([
    startSlapd({ users: [{ uid: 'olga', password: OLD }] }),
    startMailSink(),
    launchBrowser(),
  ])
  serve = await prepareServe({ directories: [openldapEntry(slapd)], mail, tls: true })
  await serve.enrol(
    { login: 'olga', method: 'app_code', secret: SECRET },
    { login: 'olga', method: 'email', address: MAILBOX },
  )
  await serve.start()
})
afterAll(async () => {
  await browser.close()
  await Promise.all([serve.stop(), slapd.stop(), mail.stop()])
})

test('a server that is killed between the steps loses nothing', { timeout: 60_000 }, async () => {
  const person = await visit(browser, serve.origin, { anyCertificate: true })
  const restart = async (signal: NodeJS.Signals): Promise<void> => {
    await serve.stop(signal)
    await serve.start()
  }
  await openStart(person)
  await person.page.getByText(say(person, 'page.bot_check.done')).waitFor()
  await restart('SIGKILL')
  await giveLogin(person, 'olga')
  await choose(person, 'app_code')
  await restart('SIGTERM')
  await giveCode(person, new TOTP({ secret: SECRET }).generate(), 'page.choose.title_second')
  await choose(person, 'email')
  const { text } = await mail.waitFor(({ to }) => to.includes(MAILBOX))
  await restart('SIGKILL')
  await giveCode(person, /^ *(\d{6,8})$/m.exec(text)?.[1] ?? '', 'page.password.title')
  await restart('SIGKILL')
  await givePassword(person, NEW)
  expect((await slapd.hand.tryBind(personDn('olga'), NEW)).ok).toBe(true)
  expect((await slapd.hand.tryBind(personDn('olga'), OLD)).ok).toBe(false)
  await mail.waitFor(({ to, subject }) => to.includes(MAILBOX) && subject === 'Your password was reset')
  expect([person.faults, person.starts()]).toEqual([[], 1])
  expect(
    (await person.context.cookies()).every(({ secure, name }) => secure && name.startsWith('__Host-')),
  ).toBe(true)
  await person.close()
})
