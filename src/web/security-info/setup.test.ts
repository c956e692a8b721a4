// What a sign-in leads to where the policy misses something: over HTTP, against a real slapd.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configOf } from '../../../rig/openldap.ts'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { signedIn, signIn } from '../../../rig/signed-in.ts'
import { personDn } from '../../../rig/slapd.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  recordNames,
  records,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { createLdapDirectory } from '../../directories/ldap.ts'
import { days, hours, systemClock } from '../../lib/clock.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../settings.ts'

const SETUP = '/security-info/setup'
const { registration } = DEFAULT_SETTINGS

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(() => open())
afterAll(close)

async function open(settings: Partial<Settings> = {}, directory = victims.directory): Promise<void> {
  await close()
  world = await testWorld([directory], { settings })
  portal = await startPortal(world)
}
async function close(): Promise<void> {
  await portal?.stop()
  await world?.store.close()
}

/** At the setup page, which the sign-in led to. */
async function led(login: string): Promise<Browser> {
  const { browser, to } = await signIn(portal, login)
  expect(to).toBe(SETUP)
  await browser.get(SETUP)
  return browser
}

async function addApp(browser: Browser): Promise<void> {
  await browser.post('/security-info/add', { method: 'app_code', setup: 'yes' })
  await browser.get('/security-info/add')
  const key = /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? ''
  expect((await browser.post('/security-info/confirm', { code: appCodeNow(world, key) })).status).toBe(303)
}

/** Where the answer to "the list, please" leads. */
const onwards = async (browser: Browser): Promise<string | undefined> =>
  (await browser.get('/security-info')).headers.location

describe('somebody who has nothing', () => {
  it('is led through what is missing, one after the other, back from the same pages, to a page that ends', async () => {
    const browser = await led('p01')
    expect(browser.page()).toContain('>1 of 2<')
    expect(browser.page().indexOf('value="passkey"')).toBeLessThan(browser.page().indexOf('<details>'))
    await addApp(browser)
    expect(await onwards(browser)).toBe(SETUP)
    await browser.get(SETUP)
    expect(browser.page()).toContain('>2 of 2<')
    expect(browser.page()).not.toContain('value="app_code"')
    await browser.post('/security-info/add', { method: 'recovery_code', setup: 'yes' })
    expect(browser.page()).toContain('They are shown this once')
    expect(await onwards(browser)).toBe(SETUP)
    await browser.get(SETUP)
    expect(browser.page()).toContain('You are all set')
    expect(await onwards(browser)).toBeUndefined()
    expect((await signIn(portal, 'p01')).to).toBe('/security-info')
  })

  it('comes back from what they cancelled, and sees there what was refused', async () => {
    const browser = await led('p01')
    await browser.post('/security-info/add', { method: 'app_code', setup: 'yes' })
    await browser.get('/security-info/add')
    await browser.post('/security-info/cancel')
    expect(await onwards(browser)).toBe(SETUP)
    await browser.get(SETUP)
    const refused = await browser.post('/security-info/add', { method: 'security_questions', setup: 'yes' })
    expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('>1 of 2<')])
    expect(refused.text).toContain('This method cannot be added')
  })

  it('puts it off for a day, and is asked again then', async () => {
    const browser = await led('p02')
    expect((await browser.post(`${SETUP}/later`)).headers.location).toBe('/security-info')
    expect((await browser.get('/security-info')).status).toBe(200)
    expect((await signIn(portal, 'p02')).to).toBe('/security-info')
    world.clock.advance(hours(24))
    expect((await signIn(portal, 'p02')).to).toBe(SETUP)
    expect(await recordNames(world)).toContain('registration.dismissed')
  })

  it('has a choice of what works without a phone', async () => {
    const browser = await led('p02')
    expect(browser.page()).toContain(`${SETUP}/no-phone`)
    const { text } = await browser.get(`${SETUP}/no-phone`)
    for (const method of ['passkey', 'recovery_code', 'email']) expect(text).toContain(`value="${method}"`)
    expect(text).not.toContain('value="app_code"')
    expect(text).not.toContain('hardware token')
  })

  it('cannot put it off where the policy says so, but can sign out and reach a human', async () => {
    await open({ registration: { ...registration, dismissible: false } })
    const browser = await led('p03')
    expect(browser.page()).not.toContain('Not now')
    expect(browser.page()).toContain('+00 000')
    expect((await browser.post(`${SETUP}/later`)).status).toBe(409)
    expect(await onwards(browser)).toBe(SETUP)
    await browser.get(SETUP)
    expect((await browser.post('/sign-out')).headers.location).toBe('/sign-in')
  })

  it('is kept by nothing that they cannot do: a first method that needs a pass is said, and leads on', async () => {
    await open({ registration: { ...registration, dismissible: false, first: 'pass' } })
    const { browser, to } = await signIn(portal, 'p04')
    expect(to).toBe('/security-info')
    expect((await browser.get('/security-info')).status).toBe(200)
    expect((await browser.get(SETUP)).text).toContain('needs a temporary pass')
  })
})

it('what cannot be registered by a person is said, and keeps nobody', async () => {
  await open({
    methods: ['app_code', 'hardware_code'],
    registration: { ...registration, dismissible: false },
  })
  await enrol(world, 'p08', ['app_code'])
  const browser = await signedIn(portal, world, 'p08')
  expect((await browser.get(SETUP)).text).toContain('cannot be set up here')
})

it('whom Postern never writes is asked for nothing', async () => {
  await open({ protectedGroups: ['protected'] })
  const { browser, to } = await signIn(portal, 'pat')
  expect(to).toBe('/security-info')
  expect((await browser.get(SETUP)).text).toContain('nothing for you to set up')
})

describe('a review', () => {
  it('is asked for after the days of the policy, shows hints alone, and is on record', async () => {
    await enrol(world, 'p05', ['app_code', 'email'])
    world.clock.advance(days(180))
    const browser = await signedIn(portal, world, 'p05')
    const { text } = await browser.get(SETUP)
    expect(text).toContain('Are these still yours?')
    expect(text).toContain('p…@…')
    expect(text).not.toContain('p05@private.example')
    await browser.post(`${SETUP}/confirm`)
    await browser.get(SETUP)
    expect(browser.page()).toContain('You are all set')
    const reviewed = (await records(world)).filter(({ name }) => name === 'registration.reviewed')
    expect(reviewed).toEqual([expect.objectContaining({ result: 'ok', actor: 'person' })])
    world.clock.advance(days(179))
    expect((await (await signedIn(portal, world, 'p05')).get(SETUP)).text).toContain('You are all set')
  })

  it('is never asked for where the policy says 0', async () => {
    await open({ registration: { ...registration, confirmDays: 0 } })
    await enrol(world, 'p05', ['app_code', 'email'])
    world.clock.advance(days(730))
    expect((await (await signedIn(portal, world, 'p05')).get(SETUP)).text).toContain('You are all set')
  })
})

describe('an address of the directory', () => {
  const address = 'private@home.example.org'
  const mapped = () =>
    createLdapDirectory(
      {
        ...configOf(victims.slapd, victims.slapd.url),
        attributes: { recoveryEmail: ['description'] },
      },
      systemClock,
    )

  it('is confirmed by a code at the first visit, is never shown in full, and is the person’s own from then on', async () => {
    await victims.slapd.hand.replace(personDn('p06'), { description: address })
    const directory = mapped()
    await open({}, directory)
    const browser = await led('p06')
    expect(browser.page()).toContain('>2 of 2<')
    expect(browser.page()).not.toContain(address)
    await browser.post('/security-info/add', {
      method: 'email',
      mapped: browser.field('mapped'),
      setup: 'yes',
    })
    await browser.get('/security-info/add')
    expect(browser.page()).toContain('p…@…')
    expect(browser.page()).not.toContain(address)
    await delivered(world)
    const { message, address: to } = world.sent.find(sent => sent.message.kind === 'address_code') ?? {}
    expect(to?.to).toBe(address)
    const code = message?.kind === 'address_code' ? message.code : ''
    expect((await browser.post('/security-info/confirm', { code })).status).toBe(303)
    expect(await onwards(browser)).toBe(SETUP)
    const { text } = await browser.get('/security-info')
    expect(text.match(/p…@…/g)).toHaveLength(1)
    expect(text).not.toContain('not confirmed')
    await directory.close()
  })

  it('of somebody else is not there to be confirmed', async () => {
    await victims.slapd.hand.replace(personDn('p06'), { description: address })
    const directory = mapped()
    await open({}, directory)
    const owner = await led('p06')
    const thief = await led('p07')
    const got = await thief.post('/security-info/add', { method: 'email', mapped: owner.field('mapped') })
    expect([got.status, got.text]).toEqual([422, expect.stringContaining('This cannot be used')])
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'address_code')).toEqual([])
    await directory.close()
  })
})
