// Sign-in at the organisation's identity provider as people go through it: `postern serve` from a deployment file, a real
// provider on another origin, Chromium under our own content policy.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type MailSink, startMailSink } from '../rig/mail-sink.ts'
import { CLIENT, type OidcProvider, startOidcProvider } from '../rig/oidc-provider.ts'
import { openldapEntry, prepareServe, type Serve } from '../rig/serve.ts'
import { type Slapd, startSlapd } from '../rig/slapd.ts'
import { add, confirm } from './own-methods.ts'
import { button, say } from './steps.ts'
import { axeFindings, type Visit, type VisitOptions, visit } from './visit.ts'

let slapd: Slapd
let mail: MailSink
let provider: OidcProvider
let serve: Serve
let browser: Browser
beforeAll(async () => {
  const someone = (uid: string) => ({
    uid,
    password: 'Old-Password 4711',
    more: { employeeNumber: `E-${uid}` },
  })
  ;[slapd, mail, browser] = await Promise.all([
    startSlapd({ users: [someone('olga'), someone('noor')] }),
    startMailSink(),
    launchBrowser(),
  ])
  // What is added counts at once, so that the second visit can ask for it.
  const policy = { registration: { first: 'open' } }
  serve = await prepareServe({ directories: [openldapEntry(slapd)], mail, policy, tls: true })
  provider = await startOidcProvider(`${serve.origin}/sign-in/oidc/callback`, {
    olga: { employee_number: 'E-olga' },
    noor: { employee_number: 'E-noor' },
    stranger: { employee_number: 'E-stranger', email: 'olga@example.test' },
  })
  writeFileSync(join(serve.folder, 'oidc-secret'), CLIENT.secret, { mode: 0o600 })
  await serve.start({
    ...{ POSTERN_OIDC_ISSUER: provider.issuer, POSTERN_OIDC_CLIENT_ID: CLIENT.id },
    ...{ POSTERN_OIDC_CLIENT_SECRET_FILE: 'oidc-secret', POSTERN_OIDC_CA_FILE: provider.caFile },
    ...{ POSTERN_OIDC_CLAIM: 'employee_number', POSTERN_OIDC_ATTRIBUTE: 'employeeNumber' },
    POSTERN_OUTBOUND_ALLOW_PRIVATE: 'localhost',
  })
})
afterAll(async () => {
  await browser.close()
  await serve.stop()
  await Promise.all([provider.stop(), slapd.stop(), mail.stop()])
})

/** From the door to the provider's page. */
async function away(options: VisitOptions = {}): Promise<Visit> {
  const person = await visit(browser, serve.origin, { anyCertificate: true, ...options })
  await person.page.goto(`${serve.origin}/sign-in`)
  await person.arrive(say(person, 'page.sign_in.title'))
  await person.page.locator('a.button.primary').click()
  await person.page.getByRole('heading', { name: 'Example sign-in' }).waitFor()
  return person
}

async function signInThere({ page }: Visit, login: string, amr = 'pwd'): Promise<void> {
  await page.getByLabel('Name').fill(login)
  await page.getByLabel('How').fill(amr)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('somebody signs in there, comes back, adds an app, and is asked for its code the next time', async () => {
  const person = await away()
  await signInThere(person, 'olga')
  await person.arrive(say(person, 'page.setup.title'))
  const cookies = await person.context.cookies(serve.origin)
  expect(cookies.map(({ name }) => name)).toContain('__Host-postern-session')
  expect(cookies.map(({ name }) => name)).not.toContain('__Host-postern-oidc')
  await add(person, 'app_code')
  const secret = ((await person.page.locator('.key').textContent()) ?? '').replaceAll(' ', '')
  await confirm(person, new TOTP({ secret }).generate(), 'page.setup.title')
  await person.page.goto(`${serve.origin}/security-info`)
  await person.arrive(say(person, 'page.info.title'))
  await person.page.getByText('Signing out ends your visit here.').waitFor()
  expect(await axeFindings(person)).toEqual([])
  await button(person, 'page.info.sign_out').click()
  await person.arrive(say(person, 'page.sign_in.title'))
  expect(await axeFindings(person)).toEqual([])
  await person.page.locator('a.button.primary').click()
  await signInThere(person, 'olga')
  await person.page.waitForURL('**/sign-in/step')
  expect([person.faults, person.shifts]).toEqual([[], []])
  await person.close()
})

test('without script and in Arabic it is the same way, and a second factor there is enough', async () => {
  const person = await away({ script: false, locale: 'ar', width: 320 })
  await signInThere(person, 'noor', 'pwd otp')
  await person.arrive(say(person, 'page.setup.title'))
  expect(person.faults).toEqual([])
  await person.close()
})

test('a stranger, and somebody who cancels, are told the same, with the way to a human', async () => {
  const person = await away()
  await signInThere(person, 'stranger', 'mfa')
  await person.arrive(say(person, 'page.oidc.title_unused'))
  expect(await axeFindings(person)).toEqual([])
  const told = await person.page.locator('.card .lead').textContent()
  await person.page.locator('a.button.primary').click()
  await person.page.getByRole('button', { name: 'Cancel' }).click()
  await person.arrive(say(person, 'page.oidc.title_unused'))
  expect(await person.page.locator('.card .lead').textContent()).toBe(told)
  await person.page.reload()
  await person.arrive(say(person, 'page.oidc.title_unused'))
  expect(person.faults).toEqual([])
  await person.close()
})

test('nothing of a token, a code or a person is in the log', () => {
  expect(serve.log()).not.toMatch(/eyJ|E-olga|olga|[?&]code=|employee/)
})
