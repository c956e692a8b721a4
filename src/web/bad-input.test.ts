// What bad input gets (issue 2): a clear 4xx, nothing sent, nothing written, and a record of the attempt.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  oldPasswordOf,
  passGates,
  privateMailOf,
  realRules,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { toLine } from '../store/audit-export.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { passwordRules: realRules })
  await enrol(world, 'alice')
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  portal.ask(`/api/v1${path}`, { method: 'POST', body, headers })

async function refused(answer: Answer, status: number | readonly number[] = 400): Promise<void> {
  expect([status].flat()).toContain(answer.status)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.text).not.toMatch(/zod|stack|Error|node_modules|"path"/)
  await delivered(world)
  expect(world.sent).toEqual([])
  const last = (await records(world)).at(-1)
  expect(last?.result).toBe('refused')
}

const KINDS: readonly unknown[] = [['alice'], { login: 'alice' }, 1, true, null, [], {}, [['alice']]]
const HUGE = 'a'.repeat(1_000_000)

describe('a start', () => {
  it('takes a login and a solution as text, and nothing else', async () => {
    const bot_check = await portal.solve()
    for (const kind of KINDS) {
      await refused(await post('/resets', { login: kind, bot_check }))
      await refused(await post('/resets', { login: 'alice', bot_check: kind }))
      await refused(await post('/resets', { login: 'alice', bot_check, goal: kind }))
      await refused(await post('/resets', { login: 'alice', bot_check, locale: kind }))
    }
    for (const body of [[], 'null', '1', '"x"', '', '{', '{"login":"alice"', '[{"login":"alice"}]'])
      await refused(await post('/resets', body))
    // None of it used the solution up.
    expect((await post('/resets', { login: 'alice', bot_check })).status).toBe(201)
  })

  it('refuses unknown, duplicate and prototype fields', async () => {
    const bot_check = await portal.solve()
    const rest = `"bot_check":${JSON.stringify(bot_check)}`
    const bodies = [
      `{"login":"nobody","login":"alice",${rest}}`,
      `{"login":"nobody","log\\u0069n":"alice",${rest}}`,
      `{"login":"alice","__proto__":{"known":true},${rest}}`,
      `{"login":"alice","constructor":{"prototype":{"known":true}},${rest}}`,
      ...['user_id', 'account', 'gates', 'gates_passed', 'role', 'email', 'phone', 'known', 'source'].map(
        name => `{"login":"alice",${rest},"${name}":"1"}`,
      ),
    ]
    for (const body of bodies) await refused(await post('/resets', body))
    expect(({} as Record<string, unknown>)['known']).toBeUndefined()
  })

  it('refuses what is too long, too deep or too wide before it looks closer', async () => {
    const bot_check = await portal.solve()
    await refused(await post('/resets', { login: HUGE, bot_check }), 413)
    await refused(await post('/resets', { login: 'a'.repeat(9_000), bot_check }))
    await refused(await post('/resets', { login: 'a'.repeat(257), bot_check }))
    await refused(await post('/resets', `{"login":${'['.repeat(5_000)}${']'.repeat(5_000)}}`))
    await refused(
      await post('/resets', `{${Array.from({ length: 900 }, (_, n) => `"k${n}":1`).join()},"login":"a"}`),
    )
    await refused(await post('/resets', `{"login":"${'\\\\"'.repeat(3_000)}`))
  })

  it('refuses NUL, lone surrogates, line ends and direction overrides in a login', async () => {
    const logins = [
      'al\u0000ice',
      'alice\u0000',
      'alice\r\nBcc: x',
      '\u202eecila',
      '\u001b[31malice',
      '   ',
      '',
    ]
    for (const login of logins)
      await refused(await post('/resets', { login, bot_check: await portal.solve() }))
    const lone = `{"login":"al\\ud800ice","bot_check":${JSON.stringify(await portal.solve())}}`
    await refused(await post('/resets', lone))
  })

  it.each([
    '*',
    'al*',
    '*)(uid=*',
    'alice)(|(uid=*',
    'alice\\2a',
    '\\61lice',
    'uid=alice,ou=people,dc=example,dc=test',
    'alice)(userPassword=*',
    '(alice)',
    'alıce',
    'аlice',
    'alice@example.test, mallory@example.org',
    'alice@example.test;mallory@example.org',
    "alice' OR '1'='1",
    '{{7*7}}',
    '#{7*7}',
    '../../alice',
  ])('finds nobody behind %s', async login => {
    const reset = await portal.start(login)
    expect(reset.started.status).toBe(201)
    await reset.choose('app_code')
    expect((await reset.answer(appCodeNow(world))).status).toBe(422)
    await reset.choose('email')
    await delivered(world)
    expect(world.sent).toEqual([])
  })

  it('takes a look-alike spelling to the stored address alone, and to one budget', async () => {
    const reset = await portal.start('ａｌｉｃｅ')
    await reset.choose('email')
    await delivered(world)
    const to = world.sent.map(({ address }) => address.to)
    expect(to.filter(address => address !== privateMailOf('alice'))).toEqual([])
  })
})

describe('an answer', () => {
  it('is text of exactly so many ASCII digits', async () => {
    const reset = await portal.start('alice')
    await reset.choose('app_code')
    for (const kind of [
      [appCodeNow(world)],
      { code: appCodeNow(world) },
      Number(appCodeNow(world)),
      true,
      null,
    ])
      await refused(await reset.answer(kind))
    const digits = appCodeNow(world)
    const wide = [...digits].map(digit => String.fromCodePoint(0xff10 + Number(digit))).join('')
    const arabic = [...digits].map(digit => String.fromCodePoint(0x660 + Number(digit))).join('')
    for (const code of [wide, arabic, `${digits}0`, `${digits}\u0000`]) {
      await refused(await reset.answer(code), 422)
    }
    expect((await reset.answer(`${digits.slice(0, 3)}-${digits.slice(3)}`)).status).toBe(200)
  })

  it('never opens by a code that somebody might have left in', async () => {
    for (const [index, codes] of [
      ['000000', '123456', '111111', '', 'null'],
      ['true', 'undefined', '0', '999999', '[object Object]'],
    ].entries()) {
      world.clock.advance(index * 60_000)
      const reset = await portal.start('alice', {}, `192.0.2.${index}`)
      await reset.choose('recovery_code')
      for (const code of codes) expect((await reset.answer(code)).status).toBe(422)
      expect(reset.told().gates?.passed).toBe(0)
    }
  })

  it('of another kind, with further fields or of a megabyte, costs no try', async () => {
    const reset = await portal.start('alice')
    await reset.choose('app_code')
    const headers = { authorization: `Bearer ${reset.token()}` }
    const path = `/resets/${reset.id()}/answers`
    for (const body of [{}, { code: '1', method: 'x' }, { answers: {} }, { code: '1', gates_passed: 2 }])
      await refused(await post(path, body, headers))
    await refused(await post(path, { code: HUGE }, headers), 413)
    await reset.get()
    expect(reset.told().challenge?.tries_left).toBe(5)
  })
})

describe('a new password', () => {
  it('of another kind, of a megabyte or with further fields is refused, and the proofs stay', async () => {
    const reset = await portal.start('alice')
    await passGates(world, reset, 'alice')
    world.sent.length = 0
    const headers = { authorization: `Bearer ${reset.token()}` }
    const path = `/resets/${reset.id()}/password`
    for (const password of [...KINDS, 'x'.repeat(5_000)])
      await refused(await post(path, { password }, headers))
    await refused(await post(path, { password: 'good enough 4711', login: 'p01' }, headers))
    await refused(await post(path, { password: HUGE }, headers), 413)
    await refused(await post(path, {}, headers))
    await reset.get()
    expect(reset.told().state).toBe('password')
    expect(await victims.binds('alice', oldPasswordOf('alice'))).toBe(true)
  })

  it('with NUL, half a surrogate or a control character is refused by name, and never cut', async () => {
    await enrol(world, 'p20')
    const reset = await portal.start('p20')
    await passGates(world, reset, 'p20')
    world.sent.length = 0
    for (const bad of ['\u0000', '\ud800', '\udfff', '\u0007', '\u001b', '\r\n']) {
      await refused(await reset.password(`correct horse ${bad}battery`), 422)
      expect(reset.told().refusal).toMatchObject({ reason: 'not_allowed', value: 15 })
    }
    expect(await victims.binds('p20', oldPasswordOf('p20'))).toBe(true)
    const typed = '  çorrect ｈorse bat😀tery ΰ  '
    expect((await reset.password(typed)).told.state).toBe('done')
    expect(await victims.binds('p20', typed)).toBe(true)
    expect(await victims.binds('p20', typed.trim())).toBe(false)
  })
})

describe('a form', () => {
  it('and a query take each field once, and no prototype', async () => {
    const browser = portal.browser()
    await browser.get('/')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const token = encodeURIComponent(browser.field('form_token'))
    for (const fields of ['login=a&login=b', '__proto__[x]=1&login=a&login=b', 'a=1&'.repeat(40)]) {
      const body = `form_token=${token}&${fields}`
      const answer = await portal.ask('/reset', { method: 'POST', body, headers: { ...form, cookie } })
      await refused(answer)
    }
    for (const query of ['login=a&login=b', 'wait_seconds=1&wait_seconds=2', 'a=1&'.repeat(40)])
      await refused(await portal.ask(`/?${query}`))
    expect((await portal.ask('/?__proto__=x&constructor=y&toString=z')).status).toBe(200)
  })

  it('in an address that is no address is refused in the same voice', async () => {
    for (const path of ['/%', '/%zz', '/api/v1/resets/%ff', '/..%2f..%2fetc/passwd'])
      await refused(await portal.ask(path), [400, 404])
  })
})

describe('the record of bad input', () => {
  it('keeps CR, LF, ESC and direction marks out of its lines', async () => {
    const login = 'x\u2028y","result":"ok"\t=cmd()'
    await portal.start('alice"\u2029;=1+1,|CEF:0|')
    await portal.start(login)
    await post('/resets', { login: 'al\r\nice\u001b[2J\u202e', bot_check: 'x' })
    const lines = (await records(world)).map(toLine)
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
  })

  it('is one line a minute above a hundred of one source, and hides nobody else', async () => {
    const flood = Array.from({ length: 400 }, () =>
      portal.ask('/api/v1/resets', { method: 'POST', body: '[]', source: '203.0.113.5' }),
    )
    await Promise.all(flood)
    const reset = await portal.start('alice', {}, '203.0.113.5')
    await reset.choose('app_code')
    await reset.answer('000000')
    expect((await records(world)).length).toBeLessThan(120)
    world.clock.advance(61_000)
    await portal.ask('/api/v1/resets', { method: 'POST', body: '[]', source: '203.0.113.5' })
    const all = await records(world)
    expect(all.find(({ name }) => name === 'flood.merged')?.detail).toEqual({ merged: 300 })
    expect(all.filter(({ name }) => name === 'reset.answer_failed')).toHaveLength(1)
  })

  it('does not grow with the steps that a stranger takes out of order', async () => {
    const reset = await portal.start('alice', {}, '203.0.113.6')
    await Promise.all(Array.from({ length: 150 }, () => reset.answer('000000')))
    await Promise.all(Array.from({ length: 150 }, () => reset.choose('nonsense')))
    await Promise.all(Array.from({ length: 150 }, () => reset.password('nonsense')))
    expect((await records(world)).length).toBeLessThan(120)
  })
})
