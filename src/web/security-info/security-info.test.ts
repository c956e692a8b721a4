// A person signs in, registers what proves them, and resets a forgotten password with it: over HTTP, against a real slapd.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { signIn } from '../../../rig/signed-in.ts'
import { appCodeNow, delivered, enrol, startVictims, type Victims } from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { hours, minutes, seconds } from '../../lib/clock.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  await portal?.stop()
  await world?.store.close()
  world = await testWorld([victims.directory])
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
})

const enter = async (login: string): Promise<Browser> => {
  const { browser, status, to } = await signIn(portal, login)
  expect([status, login]).toEqual([303, login])
  await browser.get(to)
  return browser
}

describe('somebody who has nothing yet', () => {
  it('registers an app and an address, which count a day later, and then resets a forgotten password', async () => {
    const browser = await enter('p01')
    expect(browser.page()).toContain('You cannot reset your password yourself yet.')
    await browser.post('/security-info/add', { method: 'app_code' })
    await browser.get('/security-info/add')
    const key = /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? ''
    expect(key).toMatch(/^[A-Z2-7]{32}$/)
    expect((await browser.post('/security-info/confirm', { code: '000000' })).status).toBe(422)
    expect((await browser.post('/security-info/confirm', { code: appCodeNow(world, key) })).status).toBe(303)
    await browser.get('/security-info')
    await browser.post('/security-info/add', { method: 'email' })
    await browser.post('/security-info/add', { method: 'email', address: 'p01@private.example' })
    await delivered(world)
    const letter = world.sent.find(({ message }) => message.kind === 'address_code')
    const code = letter?.message.kind === 'address_code' ? letter.message.code : ''
    await browser.get('/security-info/add')
    expect((await browser.post('/security-info/confirm', { code })).status).toBe(303)
    await browser.get('/security-info')
    expect(browser.page()).toContain('What you added counts from')
    world.clock.advance(hours(24) + minutes(1))
    const reset = await portal.start('p01')
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world, key))
    expect(reset.told().state).toBe('proving')
  })
})

describe('somebody with an authenticator', () => {
  it('passes a second step, and a wrong code of it opens nothing', async () => {
    await enrol(world, 'p02', ['app_code'])
    const browser = await enter('p02')
    expect((await browser.get('/security-info')).headers.location).toBe('/sign-in/step')
    await browser.get('/sign-in/step')
    const method = browser.field('method')
    await browser.post('/sign-in/method', { method })
    await browser.get('/sign-in/step')
    const before = browser.cookies.get('postern-session')
    expect((await browser.post('/sign-in/answer', { code: '000000' })).status).toBe(422)
    expect((await browser.get('/security-info')).status).toBe(303)
    await browser.get('/sign-in/step')
    const right = appCodeNow(world)
    expect((await browser.post('/sign-in/answer', { code: right })).headers.location).toBe('/sign-in/step')
    expect(browser.cookies.get('postern-session')).not.toBe(before)
    expect((await browser.get('/security-info')).status).toBe(200)
    world.clock.advance(minutes(11))
    const stale = await browser.post('/security-info/add', { method: 'recovery_code' })
    expect(stale.headers.location).toBe('/sign-in/step')
  })
})

it('a wrong password, an unknown login and a disabled account are one answer', async () => {
  const told: string[] = []
  for (const login of ['p03', 'nobody-here', 'dave']) {
    const browser = portal.browser()
    await browser.get('/sign-in')
    const got = await browser.post('/sign-in', {
      login,
      password: 'not the password',
      bot_check: await portal.solve(),
    })
    told.push(
      `${got.status} ${got.text.replaceAll(login, 'LOGIN').replace(/[\w.-]{20,}|\b[A-Z0-9]{2}-[A-Z0-9]{3}\b/g, '~')}`,
    )
  }
  expect(new Set(told).size).toBe(1)
  expect(told[0]).toContain('422')
  world.clock.advance(seconds(1))
})

it('says until when one stays signed in, and one press gives more time and leads back', async () => {
  const browser = await enter('p05')
  await browser.get('/security-info/activity')
  expect(browser.page()).toContain('This page stays open until')
  world.clock.advance(minutes(14))
  const more = await browser.post('/sign-in/stay', { from: browser.field('from') })
  expect([more.status, more.headers.location]).toEqual([303, '/security-info/activity'])
  world.clock.advance(minutes(14))
  expect((await browser.get('/security-info')).status).toBe(200)
  for (const from of [
    'https://elsewhere.example/',
    '//elsewhere.example',
    '/security-info/../../x',
    '/reset',
    '',
  ])
    expect([(await browser.post('/sign-in/stay', { from })).headers.location, from]).toEqual([
      '/security-info',
      from,
    ])
  world.clock.advance(minutes(16))
  expect((await browser.post('/sign-in/stay', { from: '/security-info' })).headers.location).toBe('/sign-in')
})
