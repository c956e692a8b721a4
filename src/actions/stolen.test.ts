// What somebody gets with a stolen password, mailbox, cookie or device, each alone: over HTTP, against a real slapd.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { signedIn, signIn } from '../../rig/signed-in.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  passGates,
  privateMailOf,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { minutes, seconds } from '../lib/clock.ts'
import { limitNames } from './current-settings.ts'
import { removeEnrollment } from './enrollments.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory])
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

async function heldBy(login: string) {
  const [record] = (await records(world)).filter(({ person }) => person?.login === login)
  return world.store.read(tx => tx.enrollments.of(record?.subject ?? ''))
}
const idOf = async (login: string, method: string): Promise<string> =>
  (await heldBy(login)).find(one => one.method === method)?.id ?? ''

/** The same cookies in another browser. */
function stolenFrom(owner: Browser, source?: string): Browser {
  const thief = portal.browser(source)
  for (const [name, value] of owner.cookies) thief.cookies.set(name, value)
  return thief
}

/** Past the door with a chosen method of the second step. */
async function stepWith(browser: Browser, label: string, answer: () => Promise<string>): Promise<number> {
  await browser.get('/sign-in/step')
  const button = browser
    .page()
    .split('<button')
    .find(part => part.includes(label))
  await browser.post('/sign-in/method', { method: /value="([^"]+)"/.exec(button ?? '')?.[1] ?? '' })
  await browser.get('/sign-in/step')
  return (await browser.post('/sign-in/answer', { code: await answer() })).status
}

describe('a stolen device', () => {
  it('that its owner removes ends every sign-in but the one that removed it', async () => {
    await enrol(world, 'p01', ['app_code', 'recovery_code'])
    const thief = await signedIn(portal, world, 'p01')
    const { browser: owner } = await signIn(portal, 'p01')
    expect(await stepWith(owner, 'Recovery code', async () => CODES[0])).toBe(303)
    await owner.get('/security-info')
    expect((await owner.post(`/security-info/methods/${await idOf('p01', 'app_code')}/remove`)).status).toBe(
      303,
    )
    expect((await owner.get('/security-info')).status).toBe(200)
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('that the helpdesk removes ends every sign-in', async () => {
    await enrol(world, 'p15', ['app_code'])
    const thief = await signedIn(portal, world, 'p15')
    await removeEnrollment(world, 'p15', await idOf('p15', 'app_code'))
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('is worth nothing once new codes take the place of the stolen sheet: no sign-in, no reset', async () => {
    await enrol(world, 'p02', ['app_code', 'recovery_code'])
    const { browser: thief } = await signIn(portal, 'p02')
    expect(await stepWith(thief, 'Recovery code', async () => CODES[0])).toBe(303)
    const reset = await portal.start('p02')
    await reset.choose('recovery_code')
    await reset.answer(CODES[1])
    const owner = await signedIn(portal, world, 'p02')
    expect((await owner.post('/security-info/add', { method: 'recovery_code' })).status).toBe(200)
    expect((await reset.get()).told.state).toBe('failed')
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })
})

describe('a stolen password', () => {
  it('is told to its owner when ten and thirty answers to the second step were wrong', async () => {
    await enrol(world, 'p03', ['app_code', 'email'])
    for (let round = 0; round < 6; round += 1) {
      const { browser } = await signIn(portal, 'p03')
      for (let n = 0; n < 5; n += 1) await stepWith(browser, 'authenticator app', async () => '000000')
      world.clock.advance(minutes(61))
    }
    await delivered(world)
    const told = world.sent.flatMap(({ message, address }) =>
      message.kind === 'failures' && address.to === privateMailOf('p03') ? [message.count] : [],
    )
    expect(told).toEqual([10, 30])
    expect((await records(world)).filter(({ name }) => name === 'enrollment.rested')).toHaveLength(1)
  })

  it('cannot fill the mailboxes of its owner with notices of new codes', async () => {
    const { browser } = await signIn(portal, 'p13')
    const statuses: number[] = []
    for (let n = 0; n < 32; n += 1) {
      await browser.get('/security-info')
      statuses.push((await browser.post('/security-info/add', { method: 'recovery_code' })).status)
    }
    expect(statuses).toEqual([...Array(30).fill(200), 429, 429])
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'method_added')).toHaveLength(30)
    expect((await heldBy('p13')).length).toBe(1)
  })

  it('signs nobody else out before the second step', async () => {
    await enrol(world, 'p11', ['app_code'])
    const owner = await signedIn(portal, world, 'p11')
    const { browser: thief } = await signIn(portal, 'p11')
    await thief.get('/sign-in/step')
    expect((await thief.post('/sign-out', { everywhere: 'yes' })).status).toBe(303)
    expect((await owner.get('/security-info')).status).toBe(200)
    expect((await owner.post('/sign-out', { everywhere: 'yes' })).status).toBe(303)
    expect((await owner.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('opens nothing in the hour after a reset, and that is on record', async () => {
    await signIn(portal, 'p14')
    const subject = (await records(world)).at(-1)?.subject ?? ''
    await world.store.transact(tx => tx.limits.add(limitNames.lastReset(subject), 1, world.clock.now()))
    expect((await signIn(portal, 'p14')).status).toBe(403)
    const last = (await records(world)).at(-1)
    expect(last).toMatchObject({ name: 'sign_in.failed', reason: 'after_reset', result: 'refused', subject })
    expect(last?.person).toMatchObject({ login: 'p14' })
  })

  it('with the mailbox of a notice opens no door that the disputed method guards', async () => {
    await enrol(world, 'p04', ['app_code', 'email'])
    const reset = await portal.start('p04')
    await passGates(world, reset, 'p04')
    expect((await reset.password('old password of p04 1 and more')).told.state).toBe('done')
    await delivered(world)
    const letter = world.sent.find(
      ({ message, address }) => message.kind === 'password_reset' && address.to === privateMailOf('p04'),
    )
    const token = letter && 'disputeToken' in letter.message ? letter.message.disputeToken : ''
    const mailbox = portal.browser()
    await mailbox.get(`/not-me/${token}`)
    await mailbox.get('/not-me')
    expect((await mailbox.post('/not-me')).status).toBe(200)
    world.clock.advance(minutes(61))
    const { to } = await signIn(portal, 'p04', 'old password of p04 1 and more')
    expect(to).toBe('/sign-in/step')
  })
})

describe('a stolen cookie', () => {
  it('is worth nothing after its owner signs in again in the same browser', async () => {
    const { browser: owner } = await signIn(portal, 'p05')
    const thief = stolenFrom(owner)
    await owner.get('/sign-in?again=1')
    const again = { login: 'p05', password: 'old password of p05 1', bot_check: await portal.solve() }
    expect((await owner.post('/sign-in', again)).status).toBe(303)
    expect((await owner.get('/security-info')).status).toBe(200)
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('older than ten minutes changes nothing, on every route that changes something', async () => {
    await enrol(world, 'p06', ['app_code', 'email'])
    const owner = await signedIn(portal, world, 'p06')
    await owner.get('/security-info')
    await owner.post('/security-info/add', { method: 'app_code' })
    const thief = stolenFrom(owner)
    const key = /class="key">([A-Z2-7 ]+)</.exec((await thief.get('/security-info/add')).text)?.[1]
    world.clock.advance(minutes(9) + seconds(1))
    const before = await heldBy('p06')
    const own = await idOf('p06', 'app_code')
    for (const [path, fields] of [
      ['/security-info/add', { method: 'passkey' }],
      ['/security-info/add', { method: 'recovery_code' }],
      ['/security-info/add', { method: 'email', address: 'thief@private.example' }],
      ['/security-info/confirm', { code: appCodeNow(world, (key ?? '').replaceAll(' ', '')) }],
      [`/security-info/methods/${own}/remove`, {}],
      [`/security-info/methods/${own}/name`, { label: 'stolen' }],
    ] as const) {
      await thief.get('/security-info')
      const { headers, status } = await thief.post(path, fields)
      expect([path, status, headers.location]).toEqual([path, 303, '/sign-in/step'])
    }
    expect(await heldBy('p06')).toEqual(before)
  })

  it('dies with the sign-in, whatever is asked at the same moment', async () => {
    const { browser: owner } = await signIn(portal, 'p07')
    const thief = stolenFrom(owner)
    await owner.get('/security-info')
    await thief.get('/security-info')
    await Promise.all([
      thief.post('/security-info/add', { method: 'app_code' }),
      owner.post('/sign-out', { everywhere: 'yes' }),
      thief.post('/security-info/add', { method: 'app_code' }),
    ])
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('from before a step up opens nothing after it', async () => {
    await enrol(world, 'p08', ['app_code'])
    const { browser: owner } = await signIn(portal, 'p08')
    const thief = stolenFrom(owner)
    expect(await stepWith(owner, 'authenticator app', async () => appCodeNow(world))).toBe(303)
    expect((await owner.get('/security-info')).status).toBe(200)
    expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  })
})

it('a shared computer forgets a sign-in too, when somebody presses Finish', async () => {
  const { browser } = await signIn(portal, 'p09')
  const thief = stolenFrom(browser)
  await browser.get('/')
  await browser.post('/finish')
  expect([...browser.cookies.keys()]).toEqual([])
  expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
})

it('a shared computer leaves every page of a sign-in after ten idle minutes, with script or without', async () => {
  await enrol(world, 'p12', ['app_code'])
  const browser = portal.browser()
  await browser.get('/sign-in')
  const form = { login: 'p12', password: 'old password of p12 1', shared_computer: 'yes' }
  await browser.post('/sign-in', { ...form, bot_check: await portal.solve() })
  const leaves = async (path: string): Promise<boolean[]> => {
    const { text } = await browser.get(path)
    return [text.includes('data-finish-idle="600"'), text.includes('content="600;url=/finish"')]
  }
  expect(await leaves('/sign-in/step')).toEqual([true, true])
  expect(await stepWith(browser, 'authenticator app', async () => appCodeNow(world))).toBe(303)
  await browser.get('/security-info')
  await browser.post('/security-info/add', { method: 'app_code' })
  const own = `/security-info/methods/${await idOf('p12', 'app_code')}`
  for (const path of [
    '/security-info',
    '/security-info/setup',
    '/security-info/add',
    '/security-info/activity',
    own,
  ])
    expect([path, await leaves(path)]).toEqual([path, [true, true]])
  const { browser: mine } = await signIn(portal, 'p09')
  expect((await mine.get('/security-info')).text).not.toContain('/finish')
})

it('every refusal is on record once', async () => {
  await enrol(world, 'p10', ['app_code', 'email'])
  const owner = await signedIn(portal, world, 'p10')
  const count = async (): Promise<number> =>
    (await records(world)).filter(({ result }) => result === 'refused').length
  const own = await idOf('p10', 'app_code')
  const refused = async (path: string, fields: Readonly<Record<string, string>>, status: number) => {
    await owner.get('/security-info')
    const before = await count()
    expect([path, (await owner.post(path, fields)).status]).toEqual([path, status])
    expect([path, fields, (await count()) - before]).toEqual([path, fields, 1])
  }
  await refused(`/security-info/methods/${own}/name`, { label: 'x'.repeat(41) }, 400)
  await refused('/security-info/methods/nothing/remove', {}, 404)
  await owner.get('/security-info')
  for (let n = 0; n < 5; n += 1)
    await owner.post('/security-info/add', { method: 'email', address: `a${n}@private.example` })
  await refused('/security-info/add', { method: 'email', address: 'b@private.example' }, 429)
  await owner.post('/security-info/cancel')
  await refused('/security-info/confirm', { code: '000000' }, 409)
  world.clock.advance(minutes(11))
  await refused(`/security-info/methods/${own}/remove`, {}, 303)
  await refused('/sign-in/method', { method: 'nothing' }, 400)
  await owner.get('/sign-in/step')
  await refused('/sign-in/answer', { code: '000000' }, 409)
})
