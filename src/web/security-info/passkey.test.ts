// Registering a passkey, and signing in with it, over HTTP with an authenticator in software.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Authenticator, createAuthenticator, type Lie } from '../../../rig/authenticator.ts'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { oldPasswordOf, recordNames, startVictims, type Victims } from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { hours, minutes } from '../../lib/clock.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
  world = await testWorld([victims.directory])
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

async function signIn(login: string): Promise<Browser> {
  const browser = portal.browser()
  await browser.get('/sign-in')
  const fields = { login, password: oldPasswordOf(login), bot_check: await portal.solve() }
  const got = await browser.post('/sign-in', fields)
  await browser.get(got.headers.location ?? '')
  return browser
}

/** What the page hands to its script. */
const optionsIn = (browser: Browser, name: string) => {
  const attribute = new RegExp(` ${name}="([^"]*)"`).exec(browser.page())?.[1] ?? ''
  return JSON.parse(attribute.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
}

async function add(browser: Browser, key: Authenticator, label = '', lie: Lie = {}) {
  await browser.post('/security-info/add', { method: 'passkey' })
  await browser.get('/security-info/add')
  const attestation = key.register(optionsIn(browser, 'data-new-passkey'), portal.origin, lie)
  const got = await browser.post('/security-info/confirm', { passkey: JSON.stringify(attestation), label })
  await browser.get('/security-info')
  return got.status
}

it('a person adds passkeys under names of their own, ten at most, each once, and signs in with one', async () => {
  const key = createAuthenticator()
  const browser = await signIn('p01')
  await browser.post('/security-info/add', { method: 'passkey' })
  await browser.get('/security-info/add')
  expect(browser.page()).toContain('cannot be reached on the day')
  expect(await add(browser, key, 'my “phone”')).toBe(303)
  expect(browser.page()).toContain('<bdi>my “phone”</bdi>')
  expect(await add(browser, key)).toBe(422)
  expect(await add(browser, createAuthenticator(), '\u202eno name')).toBe(303)
  expect(await add(browser, createAuthenticator(), '', { origin: 'https://evil.example' })).toBe(422)
  for (let more = 0; more < 8; more++) expect(await add(browser, createAuthenticator())).toBe(303)
  expect((await browser.post('/security-info/add', { method: 'passkey' })).status).toBe(422)

  world.clock.advance(hours(25))
  const next = await signIn('p01')
  await next.post('/sign-in/method', { method: next.field('method') })
  await next.get('/sign-in/step')
  const options = optionsIn(next, 'data-passkey')
  const wrong = createAuthenticator().assert(options, portal.origin, { user: 'AAAA' })
  expect((await next.post('/sign-in/answer', { passkey: JSON.stringify(wrong) })).status).toBe(422)
  const right = JSON.stringify(key.assert(options, portal.origin))
  expect((await next.post('/sign-in/answer', { passkey: right })).status).toBe(303)
  expect((await next.get('/security-info')).status).toBe(200)
  world.clock.advance(minutes(1))
  expect(await recordNames(world)).toContain('sign_in.stepped')
})

it('what is no passkey, or none at all, is told, and nothing is added', async () => {
  const browser = await signIn('p02')
  await browser.post('/security-info/add', { method: 'passkey' })
  for (const passkey of ['', '{}', 'x', '{"id":1}', '[]']) {
    await browser.get('/security-info/add')
    const got = await browser.post('/security-info/confirm', { passkey })
    expect(got.status).toBe(400)
    expect(got.text).toContain('Your browser sent no passkey')
  }
  await browser.get('/security-info')
  expect(browser.page()).not.toContain('class="held"')
})
