// A double click sends a form twice, and the browser shows the second answer. Without script nothing can stop it, so the
// server must know the second half again (decisions 1.14), and nobody else's.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'

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

const SESSION = 'postern-reset'

async function fresh(): Promise<Browser> {
  const browser = portal.browser()
  await browser.get('/')
  return browser
}

test.each(['alice', 'nobody'])('two halves of one press open one reset of %s', async login => {
  const browser = await fresh()
  const press = { login, bot_check: await portal.solve(), form_token: browser.field('form_token') }
  const first = await browser.post('/reset', press)
  const ticket = browser.cookies.get(SESSION)
  browser.cookies.delete(SESSION)
  const second = await browser.post('/reset', press)
  expect([first.status, second.status, second.headers.location]).toEqual([303, 303, '/reset'])
  expect(browser.cookies.get(SESSION)).toBe(ticket)
  expect((await browser.get('/reset')).status).toBe(200)
})

test('another name with the same bot check is another press, and refused', async () => {
  const browser = await fresh()
  const press = { bot_check: await portal.solve(), form_token: browser.field('form_token') }
  await browser.post('/reset', { ...press, login: 'alice' })
  browser.cookies.delete(SESSION)
  expect((await browser.post('/reset', { ...press, login: 'bob' })).status).toBe(400)
  expect((await browser.post('/reset', { ...press, login: 'alice', goal: 'unlock' })).status).toBe(400)
  expect(browser.cookies.has(SESSION)).toBe(false)
})

test('another browser that shows the same bot check gets nothing of it', async () => {
  const [browser, thief] = [await fresh(), await fresh()]
  const press = { login: 'alice', bot_check: await portal.solve() }
  expect((await browser.post('/reset', press)).status).toBe(303)
  expect((await thief.post('/reset', press)).status).toBe(400)
  expect(thief.cookies.has(SESSION)).toBe(false)
})

test('every press has a ticket of its own', async () => {
  const browser = await fresh()
  const tickets = new Set<string | undefined>()
  for (const login of ['alice', 'alice', 'nobody']) {
    await browser.get('/')
    await browser.post('/reset', { login, bot_check: await portal.solve() })
    tickets.add(browser.cookies.get(SESSION))
  }
  expect(tickets.size).toBe(3)
  for (const ticket of tickets) expect(ticket).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
})
