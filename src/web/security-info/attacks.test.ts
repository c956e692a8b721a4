// Forms that are not ours, forms out of turn, thirty-two at once, and text that is markup: over HTTP, against a real slapd.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { signedIn, signIn } from '../../../rig/signed-in.ts'
import {
  ANSWERS,
  appCodeNow,
  delivered,
  enrol,
  oldPasswordOf,
  records,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { assignToken } from '../../actions/assign-token.ts'
import { issuePass } from '../../actions/passes.ts'
import { METHOD_NAMES } from '../../method.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { methods: [...METHOD_NAMES] } })
  portal = await startPortal(world)
  return async () => {
    await portal.stop()
    await world.store.close()
  }
})

async function heldBy(login: string) {
  const [record] = (await records(world)).filter(({ person }) => person?.login === login)
  return world.store.read(tx => tx.enrollments.of(record?.subject ?? ''))
}

async function beginApp(browser: Browser): Promise<string> {
  await browser.get('/security-info')
  await browser.post('/security-info/add', { method: 'app_code' })
  await browser.get('/security-info/add')
  return /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? ''
}

const mailedTo = async (address: string): Promise<string> => {
  await delivered(world)
  const letter = world.sent.findLast(one => one.message.kind === 'address_code' && one.address.to === address)
  return letter?.message.kind === 'address_code' ? letter.message.code : ''
}

describe('one registration', () => {
  it('that is finished thirty-two times at once is one method', async () => {
    const { browser } = await signIn(portal, 'p01')
    const code = appCodeNow(world, await beginApp(browser))
    const all = await Promise.all(
      Array.from({ length: 32 }, () => browser.post('/security-info/confirm', { code })),
    )
    expect(all.filter(({ status }) => status >= 500)).toEqual([])
    expect(await heldBy('p01')).toHaveLength(1)
    expect((await records(world)).filter(({ name }) => name === 'enrollment.added')).toHaveLength(1)
  })

  it('is judged five times, right or wrong, however many come at once', async () => {
    const { browser } = await signIn(portal, 'p02')
    const right = appCodeNow(world, await beginApp(browser))
    const codes = Array.from({ length: 20 }, (_, n) => (n === 19 ? right : String(100_000 + n)))
    await Promise.all(codes.map(code => browser.post('/security-info/confirm', { code })))
    expect(await heldBy('p02')).toEqual([])
  })

  it('of one window is not finished by the answer to another’s', async () => {
    const { browser } = await signIn(portal, 'p03')
    const key = await beginApp(browser)
    await browser.post('/security-info/add', { method: 'email', address: 'p03@private.example' })
    const posts = [
      { code: appCodeNow(world, key) },
      { passkey: '{}' },
      { topic_1: 'first_pet', answer_1: 'x' },
    ]
    for (const fields of posts) {
      await browser.get('/security-info')
      expect((await browser.post('/security-info/confirm', fields)).status).toBeLessThan(500)
    }
    expect(await heldBy('p03')).toEqual([])
    const code = await mailedTo('p03@private.example')
    await beginApp(browser)
    expect((await browser.post('/security-info/confirm', { code })).status).toBe(422)
    expect(await heldBy('p03')).toEqual([])
  })

  it('takes no answer of another kind, whatever is being registered', async () => {
    const attestation = {
      id: 'AAAA',
      rawId: 'AAAA',
      type: 'public-key',
      response: { clientDataJSON: 'e30', attestationObject: 'oA' },
    }
    const questions = Object.fromEntries(
      Object.entries(ANSWERS).flatMap(([topic, answer], n) => [
        [`topic_${n + 1}`, topic],
        [`answer_${n + 1}`, answer],
      ]),
    )
    const kinds = { code: { code: '123456' }, passkey: { passkey: JSON.stringify(attestation) }, questions }
    const own = {
      app_code: 'code',
      email: 'code',
      passkey: 'passkey',
      security_questions: 'questions',
    } as const
    const { browser } = await signIn(portal, 'p04')
    for (const [method, mine] of Object.entries(own))
      for (const [kind, fields] of Object.entries(kinds)) {
        if (kind === mine) continue
        await browser.get('/security-info')
        await browser.post('/security-info/add', { method, address: 'p04@private.example' })
        await browser.get('/security-info/add')
        const { status } = await browser.post('/security-info/confirm', fields)
        expect([method, kind, status >= 400 && status < 500]).toEqual([method, kind, true])
      }
    expect(await heldBy('p04')).toEqual([])
  })
})

describe('a form of another site', () => {
  it('does nothing at any post of the new pages', async () => {
    await enrol(world, 'p05', ['app_code'])
    const browser = await signedIn(portal, world, 'p05')
    const other = portal.browser()
    await other.get('/sign-in')
    const [own] = await heldBy('p05')
    const before = [await heldBy('p05'), await world.store.read(tx => tx.reviews.of(''))]
    const posts = [
      '/sign-in',
      '/sign-in/pass',
      '/sign-in/method',
      '/sign-in/answer',
      '/sign-in/stay',
      '/sign-out',
      '/security-info/add',
      '/security-info/confirm',
      '/security-info/cancel',
      '/security-info/setup/later',
      '/security-info/setup/confirm',
      '/security-info/setup/token',
      `/security-info/methods/${own?.id}/name`,
      `/security-info/methods/${own?.id}/activate`,
      `/security-info/methods/${own?.id}/remove`,
    ]
    const fields = { login: 'p06', password: 'x', pass: 'x', method: 'recovery_code', code: '1', label: 'x' }
    for (const path of posts) {
      await browser.get('/security-info')
      const tries = [
        await browser.post(path, { ...fields, form_token: '' }),
        await browser.post(path, { ...fields, form_token: other.field('form_token') }),
        await browser.post(path, fields, { 'sec-fetch-site': 'cross-site' }),
        await browser.post(path, fields, { 'sec-fetch-site': 'same-site' }),
        await browser.post(path, fields, { origin: 'https://evil.example' }),
        await browser.post(path, fields, { origin: 'null' }),
      ]
      expect([path, ...tries.map(({ status }) => status)]).toEqual([path, ...Array(6).fill(400)])
    }
    expect([await heldBy('p05'), await world.store.read(tx => tx.reviews.of(''))]).toEqual(before)
    expect((await browser.get('/security-info')).status).toBe(200)
  })
})

describe('markup', () => {
  const MARKUP = '"><img src=x onerror=alert(1)><script>alert(1)</script>'

  it('in a name, a label, a serial number and an address is text on every page', async () => {
    const serial = '<img src=x>"\'&'
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    const token = { login: 'mona', serial, secret, period: 30, manufacturer: MARKUP, model: MARKUP }
    await assignToken(world, token, { algorithm: 'SHA1', digits: 6, planned: null })
    const { browser } = await signIn(portal, 'mona')
    await browser.get('/security-info')
    const key = await beginApp(browser)
    const pages = [await browser.get('/security-info/add')]
    await browser.post('/security-info/confirm', { code: appCodeNow(world, key) })
    const held = await heldBy('mona')
    const app = held.find(({ method }) => method === 'app_code')?.id
    await browser.get('/security-info')
    expect(
      (await browser.post(`/security-info/methods/${app}/name`, { label: '"><img src=x onerror=a()>' }))
        .status,
    ).toBe(303)
    await browser.get('/security-info')
    pages.push(
      await browser.post('/security-info/add', { method: 'email', address: MARKUP }),
      await browser.post('/security-info/add', { method: MARKUP }),
      await browser.post(`/security-info/methods/${app}/name`, { label: MARKUP }),
      ...(await Promise.all(
        [
          '/security-info',
          '/security-info/setup',
          '/security-info/setup/no-phone',
          '/security-info/activity',
          ...held.map(({ id }) => `/security-info/methods/${id}`),
          `/security-info/methods/${encodeURIComponent(MARKUP)}`,
          `/sign-in?login=${encodeURIComponent(MARKUP)}`,
          `/sign-in/pass?login=${encodeURIComponent(MARKUP)}`,
          `/sign-in?again=${encodeURIComponent(MARKUP)}`,
        ].map(path => browser.get(path)),
      )),
    )
    for (const { text, status } of pages) {
      expect(status).toBeLessThan(500)
      expect(text).not.toMatch(/<script>alert|<img src=x|<b>Mona/)
    }
    expect(pages.some(({ text }) => text.includes('&lt;b>Mona'))).toBe(true)
    expect(pages.some(({ text }) => text.includes('&lt;img src=x>'))).toBe(true)
  })

  it('and line ends in a login lead nowhere else', async () => {
    for (const login of ['p07\r\nSet-Cookie: a=b', 'p07\nLocation: //e.x', 'p07\0', '//e.x']) {
      const browser = portal.browser()
      await browser.get('/sign-in')
      const form = { login, password: oldPasswordOf('p07'), bot_check: await portal.solve() }
      const got = await browser.post('/sign-in', form)
      expect([400, 422]).toContain(got.status)
      expect(got.headers.location).toBeUndefined()
      expect([...browser.cookies.keys()]).toEqual(['postern-form'])
    }
  })
})

it('every page with a secret is kept by no cache, and is gone from the next look', async () => {
  const { browser } = await signIn(portal, 'p08')
  await browser.get('/security-info')
  const codes = await browser.post('/security-info/add', { method: 'recovery_code' })
  const code = /<code>([A-Z2-7-]+)<\/code>/.exec(codes.text)?.[1] ?? 'none'
  const key = await beginApp(browser)
  const shown = await browser.get('/security-info/add')
  for (const { headers } of [codes, shown]) {
    expect(headers['cache-control']).toBe('no-store')
    expect([headers.etag, headers['last-modified']]).toEqual([undefined, undefined])
  }
  await browser.post('/security-info/confirm', { code: appCodeNow(world, key) })
  for (const path of [
    '/security-info',
    '/security-info/add',
    '/security-info/setup',
    '/security-info/activity',
  ]) {
    const { text } = await browser.get(path)
    expect(text.replaceAll(' ', '')).not.toContain(key)
    expect(text).not.toContain(code)
  }
  const stored = JSON.stringify(await records(world))
  for (const secret of [key, code, code.replaceAll('-', ''), oldPasswordOf('p08')])
    expect(stored).not.toContain(secret)
})

it('looking at the new pages changes nothing, however often and by whichever method', async () => {
  await enrol(world, 'p09', ['app_code'])
  await issuePass(world, 'p09', 60)
  const browser = await signedIn(portal, world, 'p09')
  await beginApp(browser)
  const [own] = await heldBy('p09')
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const state = async () => [(await records(world)).length, await heldBy('p09')]
  const before = await state()
  for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS'])
    for (const path of [
      ...['/sign-in', '/sign-in/step', '/sign-in/pass', '/security-info', '/security-info/add'],
      ...['/security-info/setup', '/security-info/setup/no-phone', '/security-info/activity', '/change'],
      ...['/.well-known/change-password', `/security-info/methods/${own?.id}`, '/finish'],
    ])
      await portal.ask(path, { method, headers: { cookie, accept: 'text/html' } })
  const after = await state()
  expect(after[1]).toEqual(before[1])
  expect((await browser.get('/security-info')).status).toBe(200)
})
