// What a first registration is worth, and from when (decisions 3.4, 3.12; ENR-04, ENR-05): over HTTP, against a real slapd.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { addApp, addEmail, enteredByPass } from '../../../rig/registering.ts'
import { signIn } from '../../../rig/signed-in.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  mailedCode,
  recordNames,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { hours, minutes } from '../../lib/clock.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../settings.ts'

const INSIDE = '192.0.2.7'
const OFFICE = {
  name: 'office',
  cidrs: ['192.0.2.0/24'],
  sourceBudget: 10,
  disclosure: null,
  sharedComputers: false,
} as const

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(() => open('cooling'))
afterAll(close)

async function open(first: Settings['registration']['first']): Promise<void> {
  await close()
  const registration = { ...DEFAULT_SETTINGS.registration, first }
  world = await testWorld([victims.directory], { settings: { registration, networks: [OFFICE] } })
  portal = await startPortal(world)
}
async function close(): Promise<void> {
  await portal?.stop()
  await world?.store.close()
}

/** Signed in with the password alone, from outside or from the office. */
async function entered(login: string, source?: string): Promise<Browser> {
  const { browser, status, to } = await signIn(portal, login, undefined, source)
  expect([status, login]).toEqual([303, login])
  await browser.get(to)
  return browser
}

type Held = { readonly seed: string; readonly address: string }
const addBoth = async (browser: Browser): Promise<Held> => ({
  seed: await addApp(browser, world),
  address: await addEmail(browser, world),
})

/** Where a reset with nothing but these two gets to. */
async function resetWith(login: string, { seed, address }: Held): Promise<string | undefined> {
  const reset = await portal.start(login, {}, '198.51.100.7')
  world.clock.advance(minutes(2))
  await reset.choose('email')
  await reset.answer(await mailedCode(world, address))
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world, seed))
  return reset.told().state
}

/** Why something cannot be added, for every method that there is to add. */
async function refusals(browser: Browser): Promise<(string | undefined)[]> {
  const said: (string | undefined)[] = []
  for (const fields of [
    { method: 'app_code' },
    { method: 'recovery_code' },
    { method: 'email', address: 'a@private.example' },
  ]) {
    const { text } = await browser.post('/security-info/add', fields)
    said.push(/needs a temporary pass|inside the organisation/.exec(text)?.[0])
  }
  return said
}

describe('nothing but a password', () => {
  it('cooling: counts after a day, and every address on file is told at once', async () => {
    const held = await addBoth(await entered('p01'))
    await delivered(world)
    const told = world.sent.filter(({ message }) => message.kind === 'method_added')
    expect(told.map(({ address }) => address.to)).toEqual(['p01@example.test', 'p01@example.test'])
    expect(await resetWith('p01', held)).toBe('proving')
    world.clock.advance(hours(24))
    expect(await resetWith('p01', held)).toBe('password')
  })

  it('pass: registers nothing, and with a pass it does', async () => {
    await open('pass')
    const needsPass = Array(3).fill('needs a temporary pass')
    expect(await refusals(await entered('p02'))).toEqual(needsPass)
    const held = await addBoth(await enteredByPass(portal, world, 'p02'))
    world.clock.advance(hours(24))
    expect(await resetWith('p02', held)).toBe('password')
    expect((await recordNames(world)).filter(name => name === 'enrollment.add_refused')).toHaveLength(3)
  })

  it('network: registers nothing outside of the named ones, and inside at once', async () => {
    await open('network')
    expect(await refusals(await entered('p03'))).toEqual(Array(3).fill('inside the organisation'))
    const held = await addBoth(await entered('p03', INSIDE))
    expect(await resetWith('p03', held)).toBe('password')
  })

  it('open: counts at once, for demonstrations', async () => {
    await open('open')
    expect(await resetWith('p04', await addBoth(await entered('p04')))).toBe('password')
  })
})

describe('what a pass bound', () => {
  it('counts at once, but by itself only when it has cooled', async () => {
    const browser = await enteredByPass(portal, world, 'p05')
    const held = await addBoth(browser)
    const { text } = await browser.get('/security-info')
    expect(text).toContain('Counts beside something older; by itself from')
    expect(text).toContain('You cannot reset your password yourself yet.')
    expect(await resetWith('p05', held)).toBe('proving')
    world.clock.advance(hours(24))
    expect(await resetWith('p05', held)).toBe('password')
  })

  it('counts at once beside something older, whichever comes first', async () => {
    await enrol(world, 'p06', ['recovery_code'])
    const seed = await addApp(await enteredByPass(portal, world, 'p06'), world)
    for (const order of [
      ['app_code', 'recovery_code'],
      ['recovery_code', 'app_code'],
    ]) {
      const reset = await portal.start('p06')
      for (const method of order) {
        await reset.choose(method)
        await reset.answer(method === 'app_code' ? appCodeNow(world, seed) : CODES[order.indexOf(method)])
      }
      expect([order, reset.told().state]).toEqual([order, 'password'])
      world.clock.advance(minutes(2))
    }
  })

  it('vouches for nothing that could decide: not in the same sign-in, nor in one with the password', async () => {
    const seed = await addApp(await enteredByPass(portal, world, 'p07'), world)
    const { browser } = await signIn(portal, 'p07')
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/method', { method: browser.field('method') })
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/answer', { code: appCodeNow(world, seed) })
    world.clock.advance(minutes(1))
    await browser.get('/security-info')
    const address = await addEmail(browser, world)
    expect(await resetWith('p07', { seed, address })).toBe('proving')
    world.clock.advance(hours(24))
    expect(await resetWith('p07', { seed, address })).toBe('password')
  })
})

describe('"this was not me"', () => {
  const press = async (kind: string, to: string): Promise<void> => {
    await delivered(world)
    const letter = world.sent.find(({ message, address }) => message.kind === kind && address.to === to)
    const token = letter && 'disputeToken' in letter.message ? letter.message.disputeToken : 'none'
    const owner = portal.browser()
    await owner.get(`/not-me/${token}`)
    await owner.get('/not-me')
    expect((await owner.post('/not-me')).status).toBe(200)
  }
  const held = async (): Promise<string[]> => {
    const [record] = await world.store
      .read(tx => tx.auditRecords(0, 1000))
      .then(all => all.filter(({ name }) => name === 'sign_in.passed'))
    return world.store.read(tx => tx.enrollments.idsOf(record?.subject ?? ''))
  }

  it('of one method undoes all that the sign-in of a stolen password bound, at once, and ends it', async () => {
    const thief = await entered('p08')
    await addBoth(thief)
    expect(await held()).toHaveLength(2)
    await press('method_added', 'p08@example.test')
    expect(await held()).toEqual([])
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
    const again = await entered('p08')
    expect((await again.post('/security-info/add', { method: 'app_code' })).text).toContain('this was not me')
  })

  it.each(['pass_issued', 'pass_used'])('of %s undoes what the pass bound', async kind => {
    const thief = await enteredByPass(portal, world, 'p09')
    await addBoth(thief)
    await press(kind, 'p09@example.test')
    expect(await held()).toEqual([])
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })
})
