// A shared computer remembers nobody, on /change as in a reset (decisions 1.10, 2.1).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { oldPasswordOf, SELECTED, startVictims, type Victims } from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import type { NamedNetwork } from '../../settings.ts'

const ROOM: NamedNetwork = {
  name: 'Kiosks',
  cidrs: ['198.51.100.0/24'],
  sourceBudget: 1,
  disclosure: null,
  sharedComputers: true,
}

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
  world = await testWorld([victims.directory], { settings: { ...SELECTED, networks: [ROOM] } })
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

it.each([
  ['198.51.100.7', 'p11', false],
  ['203.0.113.7', 'p12', true],
])('a change from %s is remembered as the network says', async (source, login, isRemembered) => {
  const browser = portal.browser(source)
  await browser.get('/change')
  const solution = await portal.solve(source)
  const fields = { login, old: oldPasswordOf(login), password: 'a quite new sentence', bot_check: solution }
  expect((await browser.post('/change', fields)).status).toBe(200)
  expect(await victims.binds(login, 'a quite new sentence')).toBe(true)
  expect(browser.cookies.has('postern-known')).toBe(isRemembered)
})
