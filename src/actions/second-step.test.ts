// What the owner hears of the second step of a sign-in: over HTTP, against a real slapd.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPortal } from '../../rig/portal.ts'
import { signIn } from '../../rig/signed-in.ts'
import { CODES, delivered, enrol, privateMailOf, startVictims, type Victims } from '../../rig/victims.ts'
import { testWorld } from '../../rig/world.ts'

let victims: Victims
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())

it('a recovery code that opened the door is told, with how many are left; a wrong one is not (BKP-02)', async () => {
  const world = await testWorld([victims.directory])
  const portal = await startPortal(world)
  await enrol(world, 'p01', ['recovery_code', 'email'])
  const { browser, to } = await signIn(portal, 'p01')
  expect(to).toBe('/sign-in/step')
  await browser.get(to)
  await browser.post('/sign-in/method', { method: browser.field('method') })
  await browser.get(to)
  const told = async () => {
    await delivered(world)
    return world.sent.filter(({ message }) => message.kind === 'recovery_code_used')
  }
  expect((await browser.post('/sign-in/answer', { code: 'AAAABBBBCCCCDDDD' })).status).toBe(422)
  expect(await told()).toEqual([])
  expect((await browser.post('/sign-in/answer', { code: CODES[0] })).status).toBe(303)
  expect((await told()).map(({ message, address }) => [address.to, message])).toContainEqual([
    privateMailOf('p01'),
    expect.objectContaining({ left: CODES.length - 1 }),
  ])
  await portal.stop()
  await world.store.close()
})
