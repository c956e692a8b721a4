// What attackers try at the door to security info: over HTTP, against a real slapd that locks after five.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { signedIn, signIn } from '../../rig/signed-in.ts'
import { personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  oldPasswordOf,
  passGates,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours, minutes } from '../lib/clock.ts'

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

const reasons = async (name: string): Promise<(string | null)[]> =>
  (await records(world)).filter(record => record.name === name).map(({ reason }) => reason)

it('a spray of one password over many logins is stopped early, and locks nobody', async () => {
  const statuses: number[] = []
  for (let index = 0; index < 80; index += 1) {
    const login = `p${String((index % 30) + 1).padStart(2, '0')}`
    const { status } = await signIn(portal, login, 'Summer2026!', '203.0.113.9')
    statuses.push(status)
    if (status === 429) break
  }
  expect(statuses.at(-1)).toBe(429)
  expect(statuses.length).toBeLessThanOrEqual(61)
  for (const login of ['p01', 'p02', 'p30']) {
    expect(await victims.binds(login, oldPasswordOf(login))).toBe(true)
    const entry = await victims.slapd.hand.read(personDn(login), ['pwdAccountLockedTime'])
    expect(entry['pwdAccountLockedTime'] ?? []).toEqual([])
  }
}, 60_000)

it('wrong passwords for one login stop before the directory would lock it, at the door and on /change together', async () => {
  const statuses: number[] = []
  for (const source of ['1', '2', '3', '4', '5', '6'])
    statuses.push((await signIn(portal, 'p03', 'wrong', `198.51.100.${source}`)).status)
  // The rig's directory locks after three, so that one try is all that is let through.
  expect(statuses).toEqual([422, 429, 429, 429, 429, 429])
  const browser = portal.browser('198.51.100.7')
  await browser.get('/change')
  const fields = {
    login: 'p03',
    old: 'wrong',
    password: 'A quite new sentence',
    bot_check: await portal.solve(),
  }
  expect((await browser.post('/change', fields)).status).toBe(429)
  expect(await victims.binds('p03', oldPasswordOf('p03'))).toBe(true)
})

it('a stolen password alone adds, removes and renames nothing where a second step exists', async () => {
  await enrol(world, 'p04', ['app_code', 'recovery_code'])
  const { browser, to } = await signIn(portal, 'p04')
  expect(to).toBe('/sign-in/step')
  const [own] = await idsOf('p04')
  await browser.get('/sign-in/step')
  for (const [path, fields] of [
    ['/security-info/add', { method: 'email', address: 'thief@private.example' }],
    ['/security-info/add', { method: 'recovery_code' }],
    ['/security-info/confirm', { code: '000000' }],
    [`/security-info/methods/${own}/remove`, {}],
    [`/security-info/methods/${own}/name`, { label: 'mine' }],
  ] as const)
    expect([(await browser.post(path, fields)).headers.location, path]).toEqual(['/sign-in/step', path])
  for (const path of [
    '/security-info',
    '/security-info/add',
    `/security-info/methods/${own}`,
    '/security-info/activity',
  ])
    expect([(await browser.get(path)).headers.location, path]).toEqual(['/sign-in/step', path])
  await delivered(world)
  expect(world.sent).toEqual([])
})

const subjectOf = async (login: string): Promise<string> => {
  const [record] = (await records(world)).filter(({ person }) => person?.login === login)
  return record?.subject ?? ''
}

async function idsOf(login: string): Promise<string[]> {
  const subject = await subjectOf(login)
  return world.store.read(tx => tx.enrollments.idsOf(subject))
}

it('of thirty parallel answers to the second step five are judged', async () => {
  await enrol(world, 'p05', ['app_code'])
  const { browser } = await signIn(portal, 'p05')
  await browser.get('/sign-in/step')
  await browser.post('/sign-in/method', { method: browser.field('method') })
  await browser.get('/sign-in/step')
  const right = appCodeNow(world)
  const codes = Array.from({ length: 30 }, (_, index) => (index === 29 ? right : String(100_000 + index)))
  const answers = await Promise.all(codes.map(code => browser.post('/sign-in/answer', { code })))
  expect(answers.filter(({ status }) => status === 303)).toEqual([])
  const judged = (await reasons('sign_in.step_failed')).filter(reason => reason === 'wrong')
  expect(judged).toHaveLength(5)
})

it('one code opens one of two sign-ins, and no reset after it', async () => {
  await enrol(world, 'p06', ['app_code', 'recovery_code'])
  const browsers = [await signIn(portal, 'p06'), await signIn(portal, 'p06')]
  for (const { browser } of browsers) {
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/method', { method: browser.field('method') })
    await browser.get('/sign-in/step')
  }
  const code = appCodeNow(world)
  const answers = await Promise.all(browsers.map(({ browser }) => browser.post('/sign-in/answer', { code })))
  console.log(
    answers.map(({ headers, status }) => [status, headers.location]),
    await reasons('sign_in.step_failed'),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 422])
  const reset = await portal.start('p06')
  await reset.choose('app_code')
  expect((await reset.answer(code)).status).toBe(422)
})

it('another account’s methods are as absent as none at all', async () => {
  await enrol(world, 'p07', ['app_code'])
  await enrol(world, 'p08', ['recovery_code'])
  const owner = await signedIn(portal, world, 'p07')
  const [own = ''] = await idsOf('p07')
  expect((await owner.get(`/security-info/methods/${own}`)).status).toBe(200)
  const [foreign = ''] = await idsOf('p08')
  const asked = async (id: string) => {
    await owner.get('/security-info')
    const removed = await owner.post(`/security-info/methods/${id}/remove`)
    await owner.get('/security-info')
    const renamed = await owner.post(`/security-info/methods/${id}/name`, { label: 'x' })
    const seen = await owner.get(`/security-info/methods/${id}`)
    return [removed, renamed, seen].map(({ status }) => status)
  }
  expect(await asked(foreign)).toEqual([404, 404, 404])
  expect(await asked('nothing')).toEqual([404, 404, 404])
  expect(await world.store.read(tx => tx.enrollments.get(foreign))).not.toBeNull()
})

it('a finished reset ends every sign-in, and for an hour the password alone opens nothing', async () => {
  await enrol(world, 'p09', ['app_code', 'email'])
  const owner = await signedIn(portal, world, 'p09')
  const reset = await portal.start('p09')
  await passGates(world, reset, 'p09')
  expect((await reset.password('A quite new sentence of p09')).told.state).toBe('done')
  expect((await owner.get('/security-info')).headers.location).toBe('/sign-in')
  const subject = await subjectOf('p09')
  await world.store.transact(async tx => {
    for (const id of await tx.enrollments.idsOf(subject)) await tx.enrollments.remove(id)
  })
  const early = await signIn(portal, 'p09', 'A quite new sentence of p09')
  expect([early.status, early.browser.page()]).toEqual([403, expect.stringContaining('opens nothing here')])
  world.clock.advance(hours(1) + minutes(1))
  expect((await signIn(portal, 'p09', 'A quite new sentence of p09')).to).toBe('/security-info/setup')
})

it('an idle sign-in ends, a busy one after an hour, and a disabled account at once', async () => {
  const idle = (await signIn(portal, 'p10')).browser
  world.clock.advance(minutes(15))
  expect((await idle.get('/security-info')).headers.location).toBe('/sign-in')
  const busy = (await signIn(portal, 'p10')).browser
  for (let index = 0; index < 5; index += 1) {
    world.clock.advance(minutes(11))
    expect((await busy.get('/security-info')).status).toBe(200)
  }
  world.clock.advance(minutes(6))
  expect((await busy.get('/security-info')).headers.location).toBe('/sign-in')
  const last = (await signIn(portal, 'p10')).browser
  expect((await last.get('/security-info')).status).toBe(200)
  await victims.slapd.hand.replace(personDn('p10'), { pwdAccountLockedTime: ['000001010000Z'] })
  expect((await last.get('/security-info')).headers.location).toBe('/sign-in')
})

it('a ticket of a reset opens no sign-in, and one of a sign-in no reset', async () => {
  const { browser } = await signIn(portal, 'p11')
  const session = browser.cookies.get('postern-session') ?? ''
  const reset = await portal.start('p11')
  const thief = portal.browser()
  thief.cookies.set('postern-session', `${reset.id()}.${reset.token()}`)
  expect((await thief.get('/security-info')).headers.location).toBe('/sign-in')
  thief.cookies.set('postern-reset', session)
  expect((await thief.get('/reset')).headers.location).toBe('/')
  const [id, token] = session.split('.')
  const headers = { authorization: `Bearer ${token}` }
  expect((await portal.ask(`/api/v1/resets/${id}`, { headers })).status).toBe(404)
})
