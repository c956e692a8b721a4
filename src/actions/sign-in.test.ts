// What attackers try at the door to security info: over HTTP, against a real slapd that locks after five.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  oldPasswordOf,
  passGates,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours, minutes, seconds } from '../lib/clock.ts'

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

async function signIn(
  login: string,
  password = oldPasswordOf(login),
  source?: string,
): Promise<{ browser: Browser; status: number; to: string }> {
  const browser = portal.browser(source)
  await browser.get('/sign-in')
  const got = await browser.post('/sign-in', { login, password, bot_check: await portal.solve(source) })
  return { browser, status: got.status, to: got.headers.location ?? '' }
}

/** Signed in to the end, by the authenticator where there is one. */
async function entered(login: string): Promise<Browser> {
  const { browser, to } = await signIn(login)
  if (to === '/sign-in/step') {
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/method', { method: browser.field('method') })
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/answer', { code: appCodeNow(world) })
    world.clock.advance(seconds(60))
  }
  expect((await browser.get('/security-info')).status).toBe(200)
  return browser
}

const reasons = async (name: string): Promise<(string | null)[]> =>
  (await records(world)).filter(record => record.name === name).map(({ reason }) => reason)

it('a spray of one password over many logins is stopped early, and locks nobody', async () => {
  const statuses: number[] = []
  for (let index = 0; index < 80; index += 1) {
    const login = `p${String((index % 30) + 1).padStart(2, '0')}`
    const { status } = await signIn(login, 'Summer2026!', '203.0.113.9')
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
    statuses.push((await signIn('p03', 'wrong', `198.51.100.${source}`)).status)
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
  const { browser, to } = await signIn('p04')
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
  const { browser } = await signIn('p05')
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
  const browsers = [await signIn('p06'), await signIn('p06')]
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
  const owner = await entered('p07')
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
  const owner = await entered('p09')
  const reset = await portal.start('p09')
  await passGates(world, reset, 'p09')
  expect((await reset.password('A quite new sentence of p09')).told.state).toBe('done')
  expect((await owner.get('/security-info')).headers.location).toBe('/sign-in')
  const subject = await subjectOf('p09')
  await world.store.transact(async tx => {
    for (const id of await tx.enrollments.idsOf(subject)) await tx.enrollments.remove(id)
  })
  const early = await signIn('p09', 'A quite new sentence of p09')
  expect([early.status, early.browser.page()]).toEqual([403, expect.stringContaining('opens nothing here')])
  world.clock.advance(hours(1) + minutes(1))
  expect((await signIn('p09', 'A quite new sentence of p09')).to).toBe('/security-info')
})

it('an idle sign-in ends, a busy one after an hour, and a disabled account at once', async () => {
  const idle = (await signIn('p10')).browser
  world.clock.advance(minutes(15))
  expect((await idle.get('/security-info')).headers.location).toBe('/sign-in')
  const busy = (await signIn('p10')).browser
  for (let index = 0; index < 5; index += 1) {
    world.clock.advance(minutes(11))
    expect((await busy.get('/security-info')).status).toBe(200)
  }
  world.clock.advance(minutes(6))
  expect((await busy.get('/security-info')).headers.location).toBe('/sign-in')
  const last = (await signIn('p10')).browser
  expect((await last.get('/security-info')).status).toBe(200)
  await victims.slapd.hand.replace(personDn('p10'), { pwdAccountLockedTime: ['000001010000Z'] })
  expect((await last.get('/security-info')).headers.location).toBe('/sign-in')
})

it('a ticket of a reset opens no sign-in, and one of a sign-in no reset', async () => {
  const { browser } = await signIn('p11')
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

it('two parallel regenerations leave one valid set, the one shown last (BKP-03)', async () => {
  const { browser } = await signIn('p12')
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
  const owner = await entered('p13')
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
  const { browser } = await signIn('p14')
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
  const { browser } = await signIn('p15')
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
