// A hardware token from the list to a new password: over HTTP, against a real slapd.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  delivered,
  enrol,
  mailedCode,
  oldPasswordOf,
  privateMailOf,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { assignToken } from '../actions/assign-token.ts'
import { methodContext } from '../actions/options.ts'
import { seconds } from '../lib/clock.ts'
import { shownCode } from '../methods/totp.ts'

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const HOW = { algorithm: 'SHA256', digits: 8, planned: null } as const

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { methods: ['hardware_code', 'email'] } })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

const give = (login: string) =>
  assignToken(
    world,
    { login, serial: 'GALT-7', secret: SECRET, period: 60, manufacturer: 'Feitian', model: 'c200' },
    HOW,
  )

const shown = (): string => {
  const fields = { secret: SECRET, period: 60, algorithm: 'SHA256', digits: 8 }
  const secret = world.methods.hardware_code.fromImport(methodContext(world, ''), fields) ?? ''
  return shownCode(secret, world.clock.now()).code
}

async function signedIn(login: string): Promise<Browser> {
  const browser = portal.browser()
  await browser.get('/sign-in')
  const form = { login, password: oldPasswordOf(login), bot_check: await portal.solve() }
  await browser.post('/sign-in', form)
  return browser
}

it('is assigned, activated by its owner, and opens a reset beside a mail', async () => {
  await give('p01')
  await delivered(world)
  expect(world.sent.map(({ message }) => message.kind)).toEqual(['token_assigned'])
  const browser = await signedIn('p01')
  const info = await browser.get('/security-info')
  expect(info.text).toContain('GALT-7')
  const page = /\/security-info\/methods\/[^"]+/.exec(info.text)?.[0] ?? ''
  const token = await browser.get(page)
  expect(token.text).toMatch(/GALT-7/)
  expect(token.text).toContain(`action="${page}/activate"`)
  expect(token.text).not.toContain(SECRET.slice(0, 8))
  expect(await browser.post(`${page}/activate`, { code: '' })).toMatchObject({ status: 400 })
  expect(await browser.post(`${page}/activate`, { code: '00000000' })).toMatchObject({ status: 422 })
  const code = shown()
  const spaced = `${code.slice(0, 4)} ${code.slice(4)}`
  expect(await browser.post(`${page}/activate`, { code: spaced })).toMatchObject({
    ...{ status: 303, headers: { location: '/security-info' } },
  })
  expect((await browser.get(page)).text).not.toContain('/activate')

  // E-mail comes in another way; the code that activated the token is used up for the reset too (OTP-03).
  await enrol(world, 'p01', ['email'])
  const reset = await portal.start('p01')
  await reset.choose('hardware_code')
  expect(reset.told().challenge?.prompt).toEqual({ kind: 'code', format: 'digits', length: 8 })
  expect((await reset.answer(code)).status).toBe(422)
  world.clock.advance(seconds(60))
  expect((await reset.answer(shown())).status).toBe(200)
  await reset.choose('email')
  await reset.answer(await mailedCode(world, privateMailOf('p01')))
  expect((await reset.password('a quite new sentence 4712')).told.state).toBe('done')
  expect(await victims.binds('p01', 'a quite new sentence 4712')).toBe(true)
})

it('proves nothing while it waits: neither in a reset nor at the door', async () => {
  await give('p02')
  await enrol(world, 'p02', ['email'])
  const reset = await portal.start('p02')
  await reset.choose('hardware_code')
  expect((await reset.answer(shown())).status).toBe(422)
  const browser = await signedIn('p02')
  // The mailbox is asked for, not the token.
  const step = await browser.get('/sign-in/step')
  expect(step.text).not.toContain('hardware token')
})

it('is asked for at the door once it is active, and its code opens it once', async () => {
  await give('p03')
  const first = await signedIn('p03')
  const page = /\/security-info\/methods\/[^"]+/.exec((await first.get('/security-info')).text)?.[0] ?? ''
  const code = shown()
  expect((await first.post(`${page}/activate`, { code })).status).toBe(303)
  const browser = await signedIn('p03')
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/method', { method: browser.field('method') })
  await browser.get('/sign-in/step')
  expect((await browser.post('/sign-in/answer', { code })).status).toBe(422)
  world.clock.advance(seconds(60))
  expect((await browser.post('/sign-in/answer', { code: shown() })).status).toBe(303)
  expect((await browser.get('/security-info')).status).toBe(200)
})

it('belongs to one: another’s page and activation are as if there were none', async () => {
  await give('p04')
  const owner = await signedIn('p04')
  const page = /\/security-info\/methods\/[^"]+/.exec((await owner.get('/security-info')).text)?.[0] ?? ''
  const other = await signedIn('p05')
  expect((await other.get(page)).status).toBe(404)
  await other.get('/security-info')
  expect((await other.post(`${page}/activate`, { code: shown() })).status).toBe(404)
  expect((await owner.post(`${page}/activate`, { code: shown() })).status).toBe(303)
})
