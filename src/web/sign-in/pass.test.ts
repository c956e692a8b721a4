// A temporary pass, over HTTP: what it opens, for whom, how often, and what strangers learn from it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type Answer,
  type Browser,
  type RunningPortal,
  startPortal,
  withoutChance,
} from '../../../rig/portal.ts'
import { personDn } from '../../../rig/slapd.ts'
import {
  delivered,
  enrol,
  passGates,
  privateMailOf,
  records,
  SELECTED,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { issuePass, revokePass } from '../../actions/passes.ts'
import { minutes } from '../../lib/clock.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: SELECTED })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

const issue = async (login: string, life = 60): Promise<string> => (await issuePass(world, login, life)).pass

type Tried = { readonly browser: Browser; readonly got: Answer }

async function use(login: string, pass: string, source?: string): Promise<Tried> {
  const browser = portal.browser(source)
  await browser.get('/sign-in/pass')
  const got = await browser.post('/sign-in/pass', { login, pass, bot_check: await portal.solve(source) })
  return { browser, got }
}

const told = async (): Promise<string[]> => {
  await delivered(world)
  return world.sent.map(({ message, address }) => `${message.kind} ${address.to}`)
}

const reasons = async (name: string): Promise<(string | null)[]> =>
  (await records(world)).filter(record => record.name === name).map(({ reason }) => reason)

describe('a pass', () => {
  it('opens security info once, however it is typed, and is told to every address when it is issued and used', async () => {
    await enrol(world, 'p01', ['email'])
    const pass = await issue('p01')
    expect(pass).toMatch(/^([2-9A-HJKMNP-TW-Z]{4}-){4}[2-9A-HJKMNP-TW-Z]{4}$/)
    const mine = ['p01@example.test', privateMailOf('p01')]
    expect((await told()).sort()).toEqual(mine.map(to => `pass_issued ${to}`).sort())
    expect(JSON.stringify(world.sent)).not.toContain(pass.slice(0, 9))
    world.sent.length = 0
    const { browser, got } = await use('p01', ` ${pass.toLowerCase().replaceAll('-', ' ')} `)
    expect([got.status, got.headers.location]).toEqual([303, '/security-info/setup'])
    expect((await told()).sort()).toEqual(mine.map(to => `pass_used ${to}`).sort())
    expect((await browser.get('/security-info')).text).toContain('You are here with a temporary pass')
    expect((await use('p01', pass)).got.status).toBe(422)
    expect(await reasons('pass.refused')).toEqual(['used'])
    expect(JSON.stringify(await records(world))).not.toContain(pass.replaceAll('-', ''))
  })

  it('is used by one of 32 who have it at once (TOK-04)', async () => {
    const pass = await issue('p02')
    const tried = await Promise.all(Array.from({ length: 32 }, (_, i) => use('p02', pass, `198.51.100.${i}`)))
    expect(tried.filter(({ got }) => got.status === 303)).toHaveLength(1)
    expect(tried.filter(({ got }) => ![303, 422, 429].includes(got.status))).toEqual([])
    expect(await reasons('pass.used')).toHaveLength(1)
  })

  it('ends to the second, and with the next one, and when it is taken back', async () => {
    const first = await issue('p03', 10)
    world.clock.advance(minutes(10) - 1)
    expect((await use('p03', first)).got.status).toBe(303)
    const late = await issue('p03', 10)
    world.clock.advance(minutes(10))
    expect((await use('p03', late)).got.status).toBe(422)
    const replaced = await issue('p03')
    const standing = await issue('p03')
    expect((await use('p03', replaced)).got.status).toBe(422)
    expect([await revokePass(world, 'p03'), await revokePass(world, 'p03')]).toEqual([true, false])
    expect((await use('p03', standing)).got.status).toBe(422)
    expect(await reasons('pass.refused')).toEqual(['expired', 'wrong', 'wrong'])
  })

  it('is refused with one answer for everybody whom it does not open, and the audit keeps why (ENU-06, ENU-08)', async () => {
    const [own, foreign, used] = [await issue('p04'), await issue('p05'), await issue('p06')]
    await use('p06', used)
    const cases = [
      ['nobody-here', own],
      ['p04', 'ABCD-EFGH-JKMN-PQRS-TWXY'],
      ['p04', foreign],
      ['p04', 'short'],
      ['p06', used],
      ['dave', own],
      ['fay', own],
      ['shared@example.test', own],
    ] as const
    const answers: string[] = []
    for (const [i, [login, pass]] of cases.entries()) {
      const { got } = await use(login, pass, `203.0.113.${i + 1}`)
      answers.push(`${got.status} ${withoutChance(got.text.replaceAll(login, 'LOGIN'))}`)
      expect(got.text).not.toContain(pass)
    }
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^422 /)
    expect(await reasons('pass.refused')).toEqual([
      'unknown',
      'wrong',
      'of_another_account',
      'wrong',
      'used',
      'inactive',
      'inactive',
      'unknown',
    ])
    expect((await use('p04', own)).got.status).toBe(303)
  })

  it('opens nothing while its account is locked or expired, and is not used up by that; a password that must be changed is no obstacle', async () => {
    const pass = await issue('p12')
    const set = (values: Record<string, string | string[]>) =>
      victims.slapd.hand.replace(personDn('p12'), values)
    await set({ pwdAccountLockedTime: '000001010000Z' })
    expect((await use('p12', pass)).got.status).toBe(422)
    await set({ pwdAccountLockedTime: [], pwdEndTime: '20200101000000Z' })
    expect((await use('p12', pass)).got.status).toBe(422)
    expect(await reasons('pass.refused')).toEqual(['inactive', 'inactive'])
    await set({ pwdEndTime: [], pwdReset: 'TRUE' })
    expect((await use('p12', pass)).got.status).toBe(303)
  })

  it('is guessed at thirty times a day for each login, known or not; a new one begins anew (RL-01, ENU-05)', async () => {
    const pass = await issue('p07')
    const guess = async (login: string): Promise<number[]> => {
      const tried = Array.from({ length: 31 }, (_, i) =>
        use(login, 'ABCD-EFGH-JKMN-PQRS-TWXY', `198.51.${login.length}.${i}`),
      )
      return (await Promise.all(tried)).map(({ got }) => got.status).sort()
    }
    const [known, unknown] = await Promise.all([guess('p07'), guess('nobody-here')])
    expect(known).toEqual([...Array(30).fill(422), 429])
    expect(unknown).toEqual(known)
    expect((await use('p07', pass)).got.status).toBe(429)
    expect((await use('p07', await issue('p07'))).got.status).toBe(303)
  })

  it('takes a source out after as many tries as it has, whatever the logins (RL-06)', async () => {
    await world.store.transact(async tx => {
      const stored = await tx.settings.current()
      await tx.settings.save(stored?.version ?? 0, { ...(stored?.document as object), sourceBudget: 1 }, 0)
    })
    const tried = await Promise.all(Array.from({ length: 61 }, (_, i) => use(`nobody${i}`, 'x'.repeat(20))))
    const statuses = tried.map(({ got }) => got.status).sort()
    expect(statuses.filter(status => status === 422)).toHaveLength(60)
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('a sign-in by a pass', () => {
  it('only adds: it removes nothing, changes no password, and is no gate of a reset (SES-07)', async () => {
    await enrol(world, 'p08', ['app_code'])
    const { browser } = await use('p08', await issue('p08'))
    await browser.get('/security-info')
    const [own] = [...browser.page().matchAll(/\/security-info\/methods\/([\w-]+)/g)].map(([, id]) => id)
    await browser.get(`/security-info/methods/${own}`)
    const got = await browser.post(`/security-info/methods/${own}/remove`, {})
    expect([got.status, got.text.includes('you can only add')]).toEqual([422, true])
    const codes = await browser.post('/security-info/add', { method: 'recovery_code' })
    expect([codes.status, codes.text.match(/<code>/g)?.length]).toEqual([200, 10])
    const reset = await portal.start('p08')
    expect((await reset.choose('pass')).status).toBe(400)
    expect((await browser.get('/reset')).status).toBe(303)
  })

  it('lasts 25 minutes at most, and is asked for no further proof in them', async () => {
    await enrol(world, 'p09', ['app_code'])
    const { browser } = await use('p09', await issue('p09'))
    world.clock.advance(minutes(14))
    expect((await browser.get('/security-info')).status).toBe(200)
    world.clock.advance(minutes(10))
    expect((await browser.post('/security-info/add', { method: 'recovery_code' })).status).toBe(200)
    world.clock.advance(minutes(1))
    expect((await browser.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('of an administrator is told to administrators, when it is issued and when it is used', async () => {
    await use('adam', await issue('adam'))
    expect((await told()).filter(line => line.startsWith('administrator'))).toEqual([
      'administrator_pass helpdesk@example.org',
      'administrator_pass helpdesk@example.org',
    ])
  })

  it('is opened by none that was not used before a reset was finished (TOK-08)', async () => {
    await enrol(world, 'p10')
    const pass = await issue('p10')
    const reset = await portal.start('p10')
    await passGates(world, reset, 'p10')
    expect((await reset.password('A quite new sentence 10')).told.state).toBe('done')
    expect((await use('p10', pass)).got.status).toBe(422)
  })
})

it('a pass is issued for nobody who could not use it, and for no life out of range', async () => {
  await expect(issue('dave')).rejects.toMatchObject({ code: 'wrong-step' })
  await expect(issue('fay')).rejects.toMatchObject({ code: 'wrong-step' })
  await expect(issue('nobody-here')).rejects.toMatchObject({ code: 'not-found' })
  for (const life of [9, 1441, 10.5, Number.NaN])
    await expect(issue('p11', life)).rejects.toMatchObject({ code: 'invalid-input' })
})
