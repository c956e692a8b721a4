// Who exists? Strangers compare answers, byte by byte, and must learn nothing (security.md ENU-01 to ENU-12).
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ringOf } from '../../rig/keys.ts'
import {
  type Answer,
  type HeldReset,
  type RunningPortal,
  startPortal,
  withoutChance,
} from '../../rig/portal.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  mailedCode,
  privateMailOf,
  realRules,
  records,
  SELECTED,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { days, hours } from '../lib/clock.ts'

/** One of every kind: fit, one method, none, locked for good, expired, locked, protected, out of scope, administrator, nobody, two matches. */
const CLASSES = ['alice', 'bob', 'carol', 'dave', 'fay', 'lou', 'pat', 'olga', 'adam', 'zz999'] as const
const TWICE = 'shared@example.test'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())

beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: SELECTED, passwordRules: realRules })
  for (const login of ['alice', 'dave', 'fay', 'lou', 'pat', 'olga', 'adam', 'p01']) await enrol(world, login)
  await enrol(world, 'bob', ['app_code'])
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

/** What is random for each request, or a time, in words that are as long for everybody. */
function masked({ status, rawHeaders, text }: Answer): string {
  const now = world.clock.now()
  const body = text
    .replace(/"(id|token|reference|method)":"([^"]*)"/g, (_, name, value) => `"${name}":"${value.length}"`)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, at => `+${(Date.parse(at) - now) / 1000}s`)
  const headers = rawHeaders.filter((_, index) => !/^date$/i.test(rawHeaders[index - (index % 2)] ?? ''))
  return [status, ...headers, body].join('\n')
}

async function transcript(login: string, source: string): Promise<string[]> {
  const said: Answer[] = []
  const reset = await portal.start(login, {}, source)
  said.push(reset.started)
  for (const method of ['email', 'app_code', 'recovery_code']) {
    said.push(await reset.choose(method), await reset.choose(method))
    for (const code of ['000000', '12', '', 'ABCDEFGHJKMNPQ22', '000000', '000000', '000000'])
      said.push(await reset.answer(code))
  }
  said.push(await reset.password('a quite new password'), await reset.extend(), await reset.get())
  said.push(await reset.choose('email'), await reset.cancel(), await reset.get(), await reset.choose('email'))
  return said.map(masked)
}

describe('a stranger', () => {
  it('gets the same bytes for everybody, at every step', async () => {
    const [first, ...others] = await Promise.all(
      [...CLASSES, TWICE].map((login, index) => transcript(login, `198.51.100.${index + 1}`)),
    )
    expect(first?.[0]).toMatch(/^201/)
    for (const other of others) expect(other).toEqual(first)
  })

  it('gets the same pages, cookies and sizes for everybody', async () => {
    const pages = await Promise.all(
      CLASSES.map(async (login, index) => {
        const browser = portal.browser(`198.51.100.${index + 1}`)
        await browser.get('/')
        const bot_check = await portal.solve()
        const posted = await browser.post('/reset', { login, bot_check })
        const page = await browser.get('/reset')
        const drawn = withoutChance(page.text.replaceAll(RegExp(`\\b${login}\\b`, 'g'), 'LOGIN')).split(
          /(?=<)/,
        )
        const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value.length}`)
        const headers = Object.keys(page.headers)
        return { status: posted.status, to: posted.headers.location, headers, cookies, drawn, page }
      }),
    )
    const sizes = pages.map(({ drawn }) => [
      gzipSync(drawn.join()).length,
      brotliCompressSync(drawn.join()).length,
    ])
    for (const { page: _page, ...seen } of pages) {
      const { page: _first, ...first } = pages[0] ?? { page: null }
      expect(seen).toEqual(first)
    }
    for (const size of sizes) expect(size).toEqual(sizes[0])
    for (const { page } of pages) expect(page.headers.etag).toBeUndefined()
  })

  it('meets the same waits and the same rest behind a login that nobody has', async () => {
    const waits = async (login: string): Promise<string[]> => {
      const said: Answer[] = []
      for (let round = 0; round < 8; round += 1) {
        const reset = await portal.start(login, {}, `2001:db8:${login.length}:${round}::1`)
        said.push(await reset.choose('app_code'))
        for (let n = 0; n < 6; n += 1) said.push(await reset.answer('000000'))
        said.push(await reset.choose('app_code'), await reset.choose('email'))
        world.clock.advance(hours(1))
      }
      return said.map(masked)
    }
    const real = await waits('p01')
    world.clock.advance(days(2))
    expect(await waits('nobody-here')).toEqual(real)
    expect(real.filter(text => text.startsWith('429')).length).toBeGreaterThan(8)
  })

  it('is stopped at the same start, whoever is asked for', async () => {
    const stops = async (login: string): Promise<string[]> => {
      const said: string[] = []
      for (let n = 0; n < 12; n += 1)
        said.push(masked((await portal.start(login, {}, `203.0.113.${n}`)).started))
      return said
    }
    const real = await stops('alice')
    expect(await stops('nobody')).toEqual(real)
    expect(real.map(text => text.slice(0, 3)).join()).toBe(`${'201,'.repeat(10)}429,429`)
  })

  it('moves nobody by thirty resets of people who are not there', async () => {
    for (let n = 0; n < 30; n += 1) {
      const reset = await portal.start(`nobody${n}`, {}, `203.0.113.${n}`)
      expect((await reset.choose('email')).status).toBe(201)
      expect((await reset.answer('123456')).status).toBe(422)
    }
    await delivered(world)
    expect(world.sent).toEqual([])
  })

  it('sees the same methods behind a name for days, and other ones elsewhere', async () => {
    const seen = async (running: RunningPortal) =>
      (await running.start('ghost', {}, '192.0.2.9')).told().methods
    const first = await seen(portal)
    expect(await seen(portal)).toEqual(first)
    world.clock.advance(days(7))
    expect(await seen(portal)).toEqual(first)
    const restarted = await testWorld([victims.directory], { settings: SELECTED })
    const elsewhere = await testWorld([victims.directory], { settings: SELECTED, ring: ringOf('elsewhere') })
    for (const [other, same] of [
      [restarted, true],
      [elsewhere, false],
    ] as const) {
      const running = await startPortal(other)
      const methods = await seen(running)
      expect(methods?.map(({ name }) => name)).toEqual(first?.map(({ name }) => name))
      expect(JSON.stringify(methods) === JSON.stringify(first)).toBe(same)
      await running.stop()
      await other.store.close()
    }
  })
})

describe('the form for changing a password', () => {
  const change = async (login: string, password: string, source: string): Promise<Answer> => {
    const browser = portal.browser(source)
    await browser.get('/change')
    const fields = { login, old: 'not the old one', password, bot_check: await portal.solve(source) }
    return browser.post('/change', fields)
  }
  const drawn = ({ status, text }: Answer, login: string): string[] =>
    `${status} ${withoutChance(text.replaceAll(`value="${login}"`, 'LOGIN'))}`.split(/(?=<)/)

  it('says no more of an account than of nobody, whatever is wrong with the new password', async () => {
    for (const [index, password] of ['short', 'Alice Sample 4711', 'a quite new password'].entries()) {
      const [known, unknown] = await Promise.all([
        change('alice', password, `198.51.100.${index}`),
        change('zz999', password, `203.0.113.${index}`),
      ])
      expect(drawn(known, 'alice')).toEqual(drawn(unknown, 'zz999'))
    }
  })

  it('closes for nobody as early as for somebody whom the directory would lock soon', async () => {
    const closes = async (login: string, net: string): Promise<number[]> => {
      const said: number[] = []
      for (let n = 0; n < 5; n += 1)
        said.push((await change(login, 'a quite new password', `${net}.${n}`)).status)
      return said
    }
    const known = await closes('p02', '198.51.100')
    expect(await closes('zz999', '203.0.113')).toEqual(known)
    expect(known.at(-1)).toBe(429)
  })
})

describe('one answer stands for many reasons', () => {
  const afterOneGate = async (login: string): Promise<HeldReset> => {
    const reset = await portal.start(login)
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    world.clock.advance(60_000)
    return reset
  }

  it('tells a mailbox by one letter, and only after a gate', async () => {
    const reset = await portal.start('alice')
    for (const { hint } of reset.told().methods ?? []) expect(hint).toBeNull()
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    expect(reset.told().methods?.find(({ name }) => name === 'email')?.hint).toBe('a…@…')
  })

  it('says wrong, late, used and somebody else’s alike; the record tells them apart', async () => {
    const said = new Map<string, Answer>()
    const reset = await afterOneGate('alice')
    await reset.choose('email')
    const right = await mailedCode(world, privateMailOf('alice'))
    said.set('wrong', await reset.answer(right === '111111' ? '111112' : '111111'))
    const other = await portal.start('lou', {}, '198.51.100.7')
    await other.choose('email')
    said.set('foreign', await other.answer(right))
    const nobody = await portal.start('zz999', {}, '198.51.100.8')
    await nobody.choose('email')
    said.set('nobody', await nobody.answer(right))
    world.clock.advance(11 * 60_000)
    said.set('late', await reset.answer(right))
    const problem = ({ status, headers, told: { type, title } }: Answer) => ({
      status,
      type,
      title,
      headers: Object.keys(headers),
    })
    for (const answer of said.values()) expect(problem(answer)).toEqual(problem(said.get('wrong') as Answer))
    expect(said.get('wrong')?.status).toBe(422)
    const reasons = (await records(world))
      .filter(({ name }) => name === 'reset.answer_failed')
      .map(({ reason, subject }) => `${reason} ${subject}`)
    expect(new Set(reasons).size).toBe(4)
  })

  it('knows no problem that is not on the closed list, and tells no state in any', async () => {
    const reset = await portal.start('alice')
    const said = await Promise.all([
      reset.answer('1'),
      reset.choose('nonsense'),
      reset.password('x'),
      portal.ask('/api/v1/resets/abc'),
      portal.ask('/nowhere'),
      portal.ask('/api/v1/resets', { method: 'POST', body: {} }),
      portal.ask('/api/v1/resets', { method: 'POST', body: { login: 'a', bot_check: 'b' } }),
      portal.ask('/api/v1/resets', { method: 'PUT', body: {} }),
      portal.ask('/api/v1/resets', { method: 'POST', body: 'x'.repeat(20_000) }),
    ])
    for (const { told, headers, status } of said) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(headers['content-type']).toContain('application/problem+json')
      expect(Object.keys(told)).toEqual(['type', 'title', 'status'])
      expect(told.type).toMatch(
        /^urn:postern:problem:(invalid-input|bot-check-failed|not-found|wrong-step|too-large)$/,
      )
    }
  })
})
