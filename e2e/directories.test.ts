// `postern serve` beside a Samba AD and an OpenLDAP, with mail by SMTP: a password is reset in a browser in each of them,
// and no secret of all that lies anywhere afterwards.
import { randomInt, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Mail, type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { type Samba, startSamba } from '../rig/samba.ts'
import { openldapEntry, prepareServe, type Serve, sambaEntry } from '../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../rig/slapd.ts'
import { type Canary, filesBelow, leaksIn } from './canaries.ts'
import {
  button,
  choose,
  field,
  giveCode,
  giveLogin,
  givePassword,
  isTold,
  openStart,
  say,
  typePassword,
} from './steps.ts'
import { visit } from './visit.ts'

/** Every secret of this file goes through here. */
const canaries: Canary[] = []
function secret(name: string, value: string): string {
  canaries.push({ name, value })
  return value
}
const newPassword = (name: string): string => secret(name, `Zq7 ${randomUUID()} ä`)

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const base32 = (name: string, length: number): string =>
  secret(name, Array.from({ length }, () => BASE32[randomInt(32)]).join(''))

const OLD = {
  adele: newPassword('old password in AD'),
  olga: newPassword('old password in OpenLDAP'),
  otto: newPassword('old password of otto'),
  marta: newPassword('old password of marta'),
}
const SEED = {
  adele: base32('seed of adele', 32),
  olga: base32('seed of olga', 32),
  marta: base32('seed of marta', 32),
}
const CODES = [base32('recovery code 1', 16), base32('recovery code 2', 16)]
const mailOf = (login: string): string => `${login}@private.example`

let samba: Samba
let slapd: Slapd
let mail: MailSink
let serve: Serve
let browser: Browser
let adele: string
let marta: string

beforeAll(async () => {
  ;[samba, slapd, mail, browser] = await Promise.all([
    startSamba(),
    startSlapd({ users: (['olga', 'otto'] as const).map(uid => ({ uid, password: OLD[uid] })) }),
    startMailSink(),
    launchBrowser(),
  ])
  adele = await samba.addUser({ login: 'adele', password: OLD.adele })
  marta = await samba.addUser({ login: 'marta', password: OLD.marta })
  await samba.mustChange(marta)
  serve = await prepareServe({ directories: [sambaEntry(samba), openldapEntry(slapd)], mail })
  await serve.enrol(
    ...(['adele', 'olga', 'marta'] as const).flatMap(login => [
      { login, method: 'app_code', secret: SEED[login] },
      { login, method: 'email', address: mailOf(login) },
    ]),
    { login: 'otto', method: 'email', address: mailOf('otto') },
    { login: 'otto', method: 'recovery_code', codes: CODES },
  )
  await serve.start()
})
afterAll(async () => {
  await browser.close()
  await serve.stop()
  await Promise.all([samba.stop(), slapd.stop(), mail.stop()])
})

const appCode = (login: keyof typeof SEED): string =>
  secret(`app code of ${login}`, new TOTP({ secret: SEED[login] }).generate())

/** The code that was mailed to this person. */
async function mailedCode(login: string): Promise<string> {
  const hasCode = ({ to, text }: Mail): boolean => to.includes(mailOf(login)) && /^ *\d{6,8}$/m.test(text)
  const { text } = await mail.waitFor(hasCode)
  return secret(`mailed code of ${login}`, /^ *(\d{6,8})$/m.exec(text)?.[1] ?? '')
}

const isTheReset =
  (login: string) =>
  (each: Mail): boolean =>
    each.to.includes(mailOf(login)) && each.subject === 'Your password was reset'

const binds = {
  adele: async (password: string) => (await samba.hand.tryBind(adele, password)).ok,
  olga: async (password: string) => (await slapd.hand.tryBind(personDn('olga'), password)).ok,
}

test.each(['adele', 'olga'] as const)(
  '%s resets a password in a browser, and it counts in the directory',
  {
    timeout: 60_000,
  },
  async login => {
    const person = await visit(browser, serve.origin)
    const password = newPassword(`new password of ${login}`)
    await openStart(person)
    await giveLogin(person, login)
    await choose(person, 'app_code')
    await giveCode(person, appCode(login), 'page.choose.title_second')
    await choose(person, 'email')
    await giveCode(person, await mailedCode(login), 'page.password.title')
    await givePassword(person, password)
    expect(await binds[login](password)).toBe(true)
    expect(await binds[login](OLD[login])).toBe(false)
    expect((await mail.waitFor(isTheReset(login))).html).toContain(`${serve.origin}/not-me/`)
    expect(mail.mails.every(({ secure }) => secure)).toBe(true)
    expect([person.faults, person.shifts]).toEqual([[], []])
    expect(person.asked.filter(address => !address.startsWith(`${serve.origin}/`))).toEqual([])
    await person.close()
  },
)

test('a password that has expired in AD: the door leads to a new one, and a reset does not mind', {
  timeout: 60_000,
}, async () => {
  const person = await visit(browser, serve.origin)
  const [changed, reset] = [newPassword('changed password of marta'), newPassword('new password of marta')]
  await person.page.goto(`${serve.origin}/sign-in`)
  await field(person, 'page.login.label').fill('marta')
  await field(person, 'page.sign_in.password').fill(OLD.marta)
  await button(person, 'page.sign_in.submit').click()
  await person.arrive(say(person, 'page.change.title'))
  await field(person, 'page.change.old').fill(OLD.marta)
  await field(person, 'page.password.label').fill(changed)
  await field(person, 'page.password.again').fill(changed)
  await button(person, 'page.change.submit').click()
  await person.arrive(say(person, 'page.change.done_title'))
  expect((await samba.hand.tryBind(marta, changed)).ok).toBe(true)

  await samba.mustChange(marta)
  expect((await samba.hand.tryBind(marta, changed)).ok).toBe(false)
  await openStart(person)
  await giveLogin(person, 'marta')
  await choose(person, 'app_code')
  await giveCode(person, appCode('marta'), 'page.choose.title_second')
  await choose(person, 'email')
  await giveCode(person, await mailedCode('marta'), 'page.password.title')
  await givePassword(person, reset)
  expect((await samba.hand.tryBind(marta, reset)).ok).toBe(true)
  expect(person.faults).toEqual([])
  await person.close()
})

/** Everything that `serve` and the commands left behind, a running database among it. */
const leftBehind = (): Map<string, Buffer | string> =>
  new Map<string, Buffer | string>([...filesBelow(join(serve.folder, 'data')), ['log', serve.log()]])

test('no password, code or seed lies in the database, its journal, the outbox, a backup or the log', {
  timeout: 60_000,
}, async () => {
  const person = await visit(browser, serve.origin)
  await openStart(person)
  await giveLogin(person, newPassword('password typed as a user name'))
  await openStart(person)
  await giveLogin(person, 'otto')
  await choose(person, 'recovery_code')
  await field(person, 'page.code.label.recovery_code').fill(base32('recovery code that nobody has', 16))
  await button(person, 'page.code.submit').click()
  await isTold(person, 'page.problem.answer_wrong')
  // The mail server takes the mail and says nothing, so it still lies in the outbox.
  mail.answerNext('lose')
  await giveCode(person, CODES[0] ?? '', 'page.choose.title_second')
  await choose(person, 'email')
  const code = await mailedCode('otto')
  await serve.command(['backup', join(serve.folder, 'data/backup.db')])
  expect(leaksIn(canaries, leftBehind())).toEqual([])
  await giveCode(person, code, 'page.password.title')
  await typePassword(person, secret('refused password', `Zq7${randomUUID().slice(0, 8)}`))
  await button(person, 'page.password.submit').click()
  await person.page.getByRole('alert').waitFor()
  await givePassword(person, newPassword('new password of otto'))
  await person.close()
  expect([...leftBehind().keys()].map(path => path.split('/').at(-1)).sort()).toEqual([
    'backup.db',
    'log',
    'postern.db',
    'postern.db-shm',
    'postern.db-wal',
  ])
  expect(leaksIn(canaries, leftBehind())).toEqual([])
  expect(leaksIn([{ name: 'control', value: serve.origin }], leftBehind())).not.toEqual([])
})
