// "This was not me": the link is no tool for mail scanners, nor against its owner (decisions 2.4, TOK-10, TOK-11, FLW-11).
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchBrowser } from '../../rig/browser.ts'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  mailedCode,
  privateMailOf,
  recordNames,
  SELECTED,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { days, hours } from '../lib/clock.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'

const SCANNERS = [
  'Mozilla/5.0 (compatible; SafeLinks/1.0)',
  'BarracudaCentral/1.0',
  'curl/8.5.0',
  'Slackbot-LinkExpanding 1.0',
  'GoogleImageProxy',
]

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { ...SELECTED, gates: 1 } })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

/** Somebody resets by the mailbox alone; says the tokens of the notices by address. */
async function resetByMail(login: string, password: string): Promise<Map<string, string>> {
  const reset = await portal.start(login)
  await reset.choose('email')
  await reset.answer(await mailedCode(world, privateMailOf(login)))
  expect((await reset.password(password)).told.state).toBe('done')
  await delivered(world)
  const tokens = new Map<string, string>()
  for (const { message, address } of world.sent)
    if (message.kind === 'password_reset') tokens.set(address.to, message.disputeToken)
  world.sent.length = 0
  world.clock.advance(60_000)
  return tokens
}

async function press(token: string): Promise<number> {
  const browser = portal.browser()
  await browser.get(`/not-me/${token}`)
  const page = await browser.get('/not-me')
  return page.status === 200 ? (await browser.post('/not-me')).status : page.status
}

const prove = async (
  reset: HeldReset,
  method: 'app_code' | 'recovery_code',
  code: string,
): Promise<number> => {
  await reset.choose(method)
  return (await reset.answer(code)).status
}

describe('the link', () => {
  it('is not used up by whoever looks, and leaves the address at once', async () => {
    await enrol(world, 'p01')
    const tokens = await resetByMail('p01', 'the first new password')
    const token = tokens.get('p01@example.test') ?? ''
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(new Set(tokens.values()).size).toBe(2)
    for (let n = 0; n < 20; n += 1) {
      const headers = { 'user-agent': SCANNERS[n % SCANNERS.length] ?? '' }
      const browser = portal.browser()
      for (const method of ['HEAD', 'OPTIONS']) await portal.ask(`/not-me/${token}`, { method, headers })
      const first = await browser.get(`/not-me/${token}`, headers)
      expect([first.status, first.headers.location]).toEqual([303, '/not-me'])
      const page = await browser.get('/not-me', headers)
      expect(page.status).toBe(200)
      expect(page.text).not.toContain(token)
      expect(page.headers['referrer-policy']).toBe('no-referrer')
    }
    expect(await recordNames(world)).not.toContain('account.disputed')
    expect(await press(token)).toBe(200)
    expect(await recordNames(world)).toEqual(expect.arrayContaining(['account.disputed', 'account.held']))
    // Once, and whatever is wrong with a link is one answer.
    const used = await press(token)
    const never = await press('A'.repeat(43))
    expect([used, never]).toEqual([404, 404])
    world.clock.advance(hours(72))
    expect(await press(tokens.get(privateMailOf('p01')) ?? '')).toBe(404)
  })

  it('ends what is open, tells everybody else, and never touches sign-in', async () => {
    await enrol(world, 'p02')
    const tokens = await resetByMail('p02', 'the second new password')
    const open = await portal.start('p02')
    await press(tokens.get('p02@example.test') ?? '')
    expect((await open.get()).told.state).toBe('failed')
    await delivered(world)
    const told = world.sent.map(({ message, address }) => `${message.kind} ${address.to}`)
    expect(told).toContain(`disputed ${privateMailOf('p02')}`)
    expect(told).toContain('dispute_alert helpdesk@example.org')
    expect(told).not.toContain('disputed p02@example.test')
    expect(await victims.binds('p02', 'the second new password')).toBe(true)
  })
})

it('works from a mail that is read on another site, in a real browser, and harms no page that is open', async () => {
  await enrol(world, 'p06')
  const tokens = await resetByMail('p06', 'the first new password')
  const webmail = createServer((_request, response) => {
    const link = `${portal.origin}/not-me/${tokens.get('p06@example.test')}`
    response.setHeader('content-type', 'text/html').end(`<a href="${link}">not me</a>`)
  }).listen(0, '127.0.0.1')
  await once(webmail, 'listening')
  const chromium = await launchBrowser()
  try {
    const context = await chromium.newContext({ javaScriptEnabled: false })
    const open = await context.newPage()
    await open.goto(`${portal.origin}/login-help`)
    await open.goto(`${portal.origin}/not-me`)
    const start = await context.newPage()
    await start.goto(portal.origin)
    const mail = await context.newPage()
    await mail.goto(`http://127.0.0.1:${(webmail.address() as AddressInfo).port}/`)
    await mail.click('a')
    expect(mail.url()).toBe(`${portal.origin}/not-me`)
    await mail.click('main form button[type=submit]')
    expect(await recordNames(world)).toContain('account.disputed')
    // The form that was opened before is still ours: it misses the bot check, and nothing else.
    await start.fill('#login', 'nobody')
    const [answer] = await Promise.all([
      start.waitForResponse(/reset$/),
      start.click('main form button[type=submit]'),
    ])
    expect(await answer.text()).toContain('value="nobody"')
  } finally {
    await chromium.close()
    webmail.close()
  }
})

describe('the hold', () => {
  it('keeps out the disputed channel and asks for two gates; those lift it', async () => {
    await enrol(world, 'p03')
    const tokens = await resetByMail('p03', 'the third new password')
    await press(tokens.get('p03@example.test') ?? '')
    const intruder = await portal.start('p03', {}, '203.0.113.3')
    // A stranger is shown what everybody is shown; the mailbox is none any more.
    expect(intruder.told().methods?.map(({ name }) => name)).toEqual([...DEFAULT_SETTINGS.methods])
    world.sent.length = 0
    await intruder.choose('email')
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'code')).toEqual([])
    const owner = await portal.start('p03')
    expect(await prove(owner, 'app_code', appCodeNow(world))).toBe(200)
    expect(owner.told()).toMatchObject({ state: 'proving', gates: { required: 2, passed: 1 } })
    expect((await owner.password('the fourth new password')).status).toBe(409)
    expect(await prove(owner, 'recovery_code', CODES[0])).toBe(200)
    world.clock.advance(1_000)
    expect((await owner.password('the fourth new password')).told.state).toBe('done')
    expect(await recordNames(world)).toContain('account.hold_lifted')
    world.clock.advance(60_000)
    await resetByMail('p03', 'the fifth new password')
  })

  it('ends by itself after a day', async () => {
    await enrol(world, 'p04')
    const tokens = await resetByMail('p04', 'the first new password')
    await press(tokens.get('p04@example.test') ?? '')
    world.clock.advance(hours(24) + 1)
    await resetByMail('p04', 'the second new password')
    expect(await recordNames(world)).not.toContain('account.hold_lifted')
  })

  it('from one channel within thirty days alerts and holds nothing', async () => {
    await enrol(world, 'p05')
    const first = await resetByMail('p05', 'the first new password')
    await press(first.get('p05@example.test') ?? '')
    world.clock.advance(days(2))
    const second = await resetByMail('p05', 'the second new password')
    await press(second.get('p05@example.test') ?? '')
    const held = (await recordNames(world)).filter(name => name === 'account.held')
    expect(held).toHaveLength(1)
    await delivered(world)
    const alerts = world.sent.flatMap(({ message }) =>
      message.kind === 'dispute_alert' ? [message.held] : [],
    )
    expect(alerts).toEqual([false])
    await resetByMail('p05', 'the third new password')
    world.clock.advance(days(31))
    const third = await resetByMail('p05', 'the fourth new password')
    await press(third.get('p05@example.test') ?? '')
    expect((await recordNames(world)).filter(name => name === 'account.held')).toHaveLength(2)
  })
})
