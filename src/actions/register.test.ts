// What attackers, and people in a hurry, do to what is registered: over HTTP, against a real slapd.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { signedIn, signIn } from '../../rig/signed-in.ts'
import { CODES, delivered, enrol, records, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { sourceBudget: 1 } })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

const subjectOf = async (login: string): Promise<string> => {
  const [record] = (await records(world)).filter(({ person }) => person?.login === login)
  return record?.subject ?? ''
}

it('two parallel regenerations leave one valid set, the one shown last (BKP-03)', async () => {
  const { browser } = await signIn(portal, 'p12')
  await browser.get('/security-info')
  const shown = await Promise.all(
    [1, 2, 3].map(() => browser.post('/security-info/add', { method: 'recovery_code' })),
  )
  const sets = shown.map(({ text }) =>
    [...text.matchAll(/<code>([A-Z2-7-]+)<\/code>/g)].map(([, code]) => code),
  )
  expect(sets.map(({ length }) => length)).toEqual([10, 10, 10])
  const subject = await subjectOf('p12')
  const kept = await world.store.read(tx => tx.enrollments.of(subject))
  expect(kept).toHaveLength(1)
  const context = {
    now: world.clock.now(),
    random: world.random,
    keys: world.keys,
    strict: false,
    reference: '',
  }
  const opens = (code: string) =>
    world.methods.recovery_code.judge(context, kept[0]?.secret ?? '', '', { kind: 'code', code }).verdict ===
    'passed'
  expect(sets.filter(set => set.some(code => opens(code ?? '')))).toHaveLength(1)
})

it('a removed method is dead from the next moment on, and so is what it had opened', async () => {
  await enrol(world, 'p13', ['app_code', 'recovery_code'])
  const owner = await signedIn(portal, world, 'p13')
  const reset = await portal.start('p13')
  await reset.choose('recovery_code')
  await reset.answer(CODES[0])
  const subject = await subjectOf('p13')
  const all = await world.store.read(tx => tx.enrollments.of(subject))
  const codes = all.find(({ method }) => method === 'recovery_code')
  await owner.get('/security-info')
  expect((await owner.post(`/security-info/methods/${codes?.id}/remove`)).status).toBe(303)
  expect((await reset.get()).told.state).toBe('failed')
  const again = await portal.start('p13')
  await again.choose('recovery_code')
  expect((await again.answer(CODES[1])).status).toBe(422)
})

it('whoever is signed in cannot fill a stranger’s mailbox', async () => {
  const { browser } = await signIn(portal, 'p14')
  await browser.get('/security-info')
  const statuses: number[] = []
  for (let index = 0; index < 7; index += 1) {
    const fields = { method: 'email', address: `stranger${index}@private.example` }
    statuses.push((await browser.post('/security-info/add', fields)).status)
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429])
  await delivered(world)
  expect(world.sent.filter(({ message }) => message.kind === 'address_code')).toHaveLength(5)
})

it('malformed and huge input is refused, and nothing is kept of it', async () => {
  const { browser } = await signIn(portal, 'p15')
  await browser.get('/security-info')
  for (const address of [
    '',
    'nobody',
    'a@b.c, d@e.f',
    'a@b.test\0',
    `${'a'.repeat(300)}@private.example`,
    'p15@example.org\r\nBcc: x@y.z',
  ])
    expect([
      (await browser.post('/security-info/add', { method: 'email', address })).status >= 400,
      address,
    ]).toEqual([true, address])
  expect((await browser.post('/security-info/add', { method: 'carrier_pigeon' })).status).toBe(400)
  expect(
    (await browser.post('/security-info/add', { method: 'app_code', address: 'x'.repeat(20_000) })).status,
  ).toBe(413)
  expect((await browser.get('/security-info/add')).headers.location).toBe('/security-info')
  expect((await browser.post('/security-info/confirm', { code: '1' })).status).toBe(400)
})
