// A mailbox behind the forgotten password is no way to get it back, however its domain is spelt (decisions 4.7).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPortal } from '../../rig/portal.ts'
import { signIn } from '../../rig/signed-in.ts'
import { delivered, startVictims, type Victims } from '../../rig/victims.ts'
import { testWorld } from '../../rig/world.ts'
import { isOwnAddress } from '../account.ts'

let victims: Victims
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())

it('no spelling of a domain of the organisation gets a code', async () => {
  const world = await testWorld([victims.directory])
  const [domain = ''] = victims.directory.domains
  const portal = await startPortal(world)
  const { browser } = await signIn(portal, 'p01')
  await browser.get('/security-info')
  for (const spelt of [
    domain,
    domain.toUpperCase(),
    `mail.${domain}`,
    `${domain}.`,
    domain.replace('.', '。'),
    domain.replace('e', 'ｅ'),
    domain.replace('e', 'ⓔ'),
    `${domain.slice(0, 3)}\u00ad${domain.slice(3)}`,
    ` ${domain} `,
  ]) {
    const got = await browser.post('/security-info/add', { method: 'email', address: `p01@${spelt}` })
    expect([spelt, got.status]).toEqual([spelt, expect.toSatisfy((status: number) => status >= 400)])
    await browser.get('/security-info')
  }
  await delivered(world)
  expect(world.sent.filter(({ message }) => message.kind === 'address_code')).toEqual([])
  await portal.stop()
  await world.store.close()
})

it('a domain that is configured in Unicode is the one that mail is sent to', () => {
  for (const address of ['a@bücher.example', 'a@xn--bcher-kva.example', 'a@mail.BÜCHER.example'])
    expect(isOwnAddress(address, ['bücher.example'])).toBe(true)
  for (const address of ['a@bucher.example', 'a@notbücher.example', 'a@bücher.example.org'])
    expect(isOwnAddress(address, ['bücher.example', 'CORP'])).toBe(false)
})
