// Other applications send people here and get them back: over HTTP, with every address that a thief might try (WEB-10).
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { signIn } from '../../../rig/signed-in.ts'
import { enrol, oldPasswordOf, records, startVictims, type Victims } from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { minutes } from '../../lib/clock.ts'
import { signatureOf } from '../../lib/signature.ts'
import { signedText } from '../../return-address.ts'

const SECRET = 'a secret of the intranet, 32 characters'
const BACK = 'https://intranet.example.org/back?step=2&from=postern'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
beforeEach(async () => {
  await portal?.stop()
  await world?.store.close()
  const applications = [{ name: 'Intranet', secret: SECRET, returnAddresses: [BACK] }]
  world = await testWorld([victims.directory], { applications })
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

function link(page = '/security-info/setup', returnTo = BACK, secret = SECRET): string {
  const asked = { app: 'Intranet', returnTo, expires: String(Math.floor(world.clock.now() / 1000) + 600) }
  const query = new URLSearchParams({
    app: asked.app,
    return_to: returnTo,
    expires: asked.expires,
    signature: signatureOf(secret, signedText(asked)),
  })
  return `${page}?${query}`
}

async function through(browser: Browser, login: string): Promise<string> {
  await browser.get('/sign-in')
  const fields = { login, password: oldPasswordOf(login), bot_check: await portal.solve() }
  return (await browser.post('/sign-in', fields)).headers.location ?? ''
}

it('somebody who is sent here signs in, sets up what is missing, and is led back', async () => {
  await enrol(world, 'p01', ['email', 'recovery_code'])
  const browser = portal.browser()
  const sent = await browser.get(link())
  expect([sent.status, sent.headers.location]).toEqual([303, '/security-info/setup'])
  expect((await browser.get('/security-info/setup')).headers.location).toBe('/sign-in')
  expect(await through(browser, 'p01')).toBe('/sign-in/step')
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/method', { method: browser.field('method') })
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/answer', { code: 'ABCDEFGHJKMNPQRS' })
  expect((await browser.get('/sign-in/step')).headers.location).toBe('/security-info/setup')
  const { text } = await browser.get('/security-info/setup')
  expect(text).toContain('You are all set')
  expect(text).toContain(`href="${BACK.replaceAll('&', '&amp;')}"`)
  expect(text).toContain('Back to Intranet')
})

it('the list knows the way back too, until somebody signs out', async () => {
  const { browser } = await signIn(portal, 'p02')
  const sent = await browser.get(link('/security-info'))
  expect([sent.status, sent.headers.location]).toEqual([303, '/security-info'])
  expect((await browser.get('/security-info')).text).toContain('Back to Intranet')
  await browser.post('/sign-out')
  await through(browser, 'p02')
  expect((await browser.get('/security-info')).text).not.toContain('Back to Intranet')
})

it('a link that is not wholly right is followed nowhere, and is on record without its address', async () => {
  const { browser } = await signIn(portal, 'p03')
  const old = link()
  world.clock.advance(minutes(10))
  const bad: readonly [string, string][] = [
    ['unsigned', '/security-info/setup?return_to=https://evil.example/&app=Intranet'],
    ['unknown_app', '/security-info?return_to=https://evil.example/'],
    ['unknown_app', `${link()}`.replace('app=Intranet', 'app=Payroll')],
    ['altered', link().replace('step%3D2', 'step%3D3')],
    ['altered', link('/security-info', BACK, `${SECRET}?`)],
    ['expired', old],
    ...['//evil.example', '/\\evil.example', 'https:evil.example', 'javascript:alert(1)', `${BACK}#x`].map(
      (address): [string, string] => ['not_listed', link('/security-info/setup', address)],
    ),
  ]
  for (const [why, path] of bad) {
    const got = await browser.get(path)
    expect([got.status, got.headers.location, why]).toEqual([400, undefined, why])
    expect(got.text).toContain('This link does not work')
    expect(got.text).not.toContain('evil.example')
  }
  const refused = (await records(world)).filter(({ name }) => name === 'return_address.refused')
  expect(refused.map(({ reason }) => reason)).toEqual(bad.map(([why]) => why))
  expect(JSON.stringify(refused)).not.toContain('evil.example')
  expect((await browser.get('/security-info')).text).not.toContain('Back to')
})

it('what the browser keeps counts only under our own signature, within its hour', async () => {
  const { browser } = await signIn(portal, 'p04')
  await browser.get(link('/security-info'))
  const [name = '', value = ''] = [...browser.cookies].find(([key]) => key.includes('application')) ?? []
  const forged = { app: 'Intranet', returnTo: BACK, page: 'list', until: world.clock.now() + minutes(60) }
  const [, id, tag] = value.split('.')
  for (const other of [
    `${Buffer.from(JSON.stringify({ ...forged, returnTo: 'https://evil.example/' })).toString('base64url')}.${id}.${tag}`,
    world.keys.sign('known browser', JSON.stringify(forged)),
    'x',
  ]) {
    browser.cookies.set(name, other)
    expect((await browser.get('/security-info')).text).not.toContain('Back to')
  }
  browser.cookies.set(name, world.keys.sign('return address', JSON.stringify({ ...forged, app: 'Gone' })))
  expect((await browser.get('/security-info')).text).not.toContain('Back to')
  browser.cookies.set(name, world.keys.sign('return address', JSON.stringify({ ...forged, until: 1 })))
  expect((await browser.get('/security-info')).text).not.toContain('Back to')
  browser.cookies.set(name, value)
  expect((await browser.get('/security-info')).text).toContain('Back to Intranet')
})
