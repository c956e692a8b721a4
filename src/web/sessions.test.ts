// What a browser keeps, and what it may be made to show (SES-01 to SES-12, FLW-06, FLW-09, WEB-10, WEB-12, WEB-19, PRV-06).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Browser, type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  appCodeNow,
  delivered,
  enrol,
  mailedCode,
  privateMailOf,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { hours } from '../lib/clock.ts'
import { renderMail } from '../notifiers/mail.ts'

const RETURN = 'https://portal.example.org/home?from=reset'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { returnAddresses: [RETURN] } })
  portal = await startPortal(world)
})
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

/** The value of a method's button on the page. */
const methodOn = (browser: Browser, label: string): string => {
  const button =
    browser
      .page()
      .split('<button')
      .find(part => part.includes(label)) ?? ''
  return /value="([^"]+)"/.exec(button)?.[1] ?? ''
}

async function startIn(browser: Browser, login: string, more: Readonly<Record<string, string>> = {}) {
  await browser.get('/')
  return browser.post('/reset', { login, bot_check: await portal.solve(), ...more })
}

/** The five steps, as a person without script takes them. */
async function walk(
  browser: Browser,
  login: string,
  password: string,
  more: Readonly<Record<string, string>> = {},
) {
  await startIn(browser, login, more)
  await browser.get('/reset')
  await browser.post('/reset/challenge', { method: methodOn(browser, 'authenticator app') })
  await browser.get('/reset')
  await browser.post('/reset/answer', { code: appCodeNow(world) })
  world.clock.advance(60_000)
  await browser.get('/reset')
  await browser.post('/reset/challenge', { method: methodOn(browser, 'e-mail') })
  await browser.get('/reset')
  await browser.post('/reset/answer', { code: await mailedCode(world, privateMailOf(login)) })
  await browser.get('/reset')
  return browser.post('/reset/password', { password })
}

describe('a browser', () => {
  it('takes the five steps, and then its cookies open nothing', async () => {
    await enrol(world, 'p01')
    const browser = portal.browser()
    const form = (name: string): boolean => browser.page().includes(`name="${name}"`)
    expect((await walk(browser, 'p01', 'a quite new sentence 1')).headers.location).toBe('/reset')
    expect(await victims.binds('p01', 'a quite new sentence 1')).toBe(true)
    const page = await browser.get('/reset')
    expect(page.status).toBe(200)
    expect(form('password')).toBe(false)
    for (const path of ['/reset/answer', '/reset/challenge', '/reset/extension']) {
      // A page with a form of this browser's.
      await browser.get('/change')
      expect((await browser.post(path, { code: '1', method: 'x' })).status).toBe(409)
    }
    await browser.get('/change')
    await browser.post('/reset/password', { password: 'another sentence 4711' })
    expect(await victims.binds('p01', 'a quite new sentence 1')).toBe(true)
    await delivered(world)
  })

  it('shows hints to an account that it proved before, and to no other', async () => {
    await enrol(world, 'p02')
    await enrol(world, 'p03')
    const browser = portal.browser()
    await walk(browser, 'p02', 'a quite new sentence 2')
    const known = browser.cookies.get('postern-known') ?? ''
    world.clock.advance(hours(1))
    const hinted = async (one: Browser, login: string): Promise<boolean> => {
      await startIn(one, login)
      return (await one.get('/reset')).text.includes('…@…')
    }
    expect(await hinted(browser, 'p02')).toBe(true)
    expect(await hinted(browser, 'p03')).toBe(false)
    const forged = [
      `${known.slice(0, -2)}AA`,
      known.replace(/\./, '.x'),
      encodeURIComponent(world.botCheck.ticket(world.clock.now())),
      encodeURIComponent(world.keys.sign('another purpose', '[{"subject":"x","at":1}]')),
      'x'.repeat(8_000),
      '__proto__',
    ]
    for (const cookie of forged) {
      const other = portal.browser()
      other.cookies.set('postern-known', cookie)
      expect(await hinted(other, 'p02')).toBe(false)
    }
  })

  it('that is shared remembers nobody, and Finish leaves no cookie', async () => {
    await enrol(world, 'p04')
    const browser = portal.browser()
    await browser.get('/?mkt=de')
    await walk(browser, 'p04', 'a quite new sentence 4', { shared_computer: 'on' })
    await browser.get('/reset')
    expect(browser.cookies.has('postern-known')).toBe(false)
    await browser.post('/finish')
    expect([...browser.cookies.keys()]).toEqual([])
    expect((await browser.get('/reset')).headers.location).toBe('/')
  })

  it('is clean after Finish, whatever it was allowed to keep', async () => {
    await enrol(world, 'p09')
    const browser = portal.browser()
    await browser.get(`/?mkt=de&return_to=${encodeURIComponent(RETURN)}`)
    await browser.get('/?mkt=en')
    await walk(browser, 'p09', 'a quite new sentence 9')
    expect(browser.cookies.has('postern-known')).toBe(true)
    await browser.get('/change')
    await browser.post('/finish')
    expect([...browser.cookies.keys()]).toEqual([])
  })

  it('cannot be handed a reset by address, and adopts no id that it was given', async () => {
    await enrol(world, 'p05')
    const victim = portal.browser()
    await startIn(victim, 'p05')
    const cookie = victim.cookies.get('postern-reset') ?? ''
    const other = portal.browser()
    for (const path of [`/reset?postern-reset=${cookie}`, `/reset?id=${cookie}`, `/?reset=${cookie}`])
      expect((await other.get(path)).text).not.toContain('Recovery code')
    for (const made of [
      'AAAAAAAAAAAAAAAAAAAAAA.BBBB',
      `${cookie}x`,
      '.',
      'x'.repeat(3_000),
      cookie.split('.')[0] ?? '',
    ]) {
      other.cookies.set('postern-reset', made)
      expect((await other.get('/reset')).headers.location).toBe('/')
      expect(other.cookies.has('postern-reset')).toBe(false)
    }
    await startIn(other, 'p05')
    expect(other.cookies.get('postern-reset')).not.toBe(cookie)
    expect((await victim.get('/reset')).status).toBe(200)
  })

  it('keeps what belongs to one thing out of the other: reset, change and notice side by side', async () => {
    await enrol(world, 'p06')
    const browser = portal.browser()
    await startIn(browser, 'p06')
    const [id = '', token = ''] = (browser.cookies.get('postern-reset') ?? '').split('.')
    await browser.get('/change')
    await browser.get(`/not-me/${token}`)
    expect((await browser.get('/not-me')).status).toBe(404)
    const api = await portal.ask(`/api/v1/resets/${id}`, {
      headers: { authorization: `Bearer ${browser.cookies.get('postern-form')}` },
    })
    expect(api.status).toBe(404)
    expect((await browser.get('/reset')).text).toContain('Recovery code')
  })
})

describe('a return address', () => {
  it.each([
    '//e.example',
    '/\\e.example',
    'https:e.example',
    'javascript:alert(1)',
    'data:text/html,x',
    `${RETURN}@e.example`,
    `${RETURN}#x`,
    `${RETURN}/`,
    RETURN.toUpperCase(),
    RETURN.replace('https', 'http'),
    'https://portal.example.org@e.example/home?from=reset',
    'https://portal.example.org.e.example/home?from=reset',
    encodeURIComponent(RETURN),
    ` ${RETURN}`,
    '',
  ])('%s is kept nowhere', async address => {
    const browser = portal.browser()
    await browser.get(`/?return_to=${encodeURIComponent(address)}`)
    expect(browser.cookies.has('postern-return')).toBe(false)
    expect(browser.page()).not.toContain('e.example')
  })

  it('of the list is offered at the end, and a cookie that says another is not', async () => {
    await enrol(world, 'p07')
    const browser = portal.browser()
    await browser.get(`/?return_to=${encodeURIComponent(RETURN)}`)
    await walk(browser, 'p07', 'a quite new sentence 7')
    expect((await browser.get('/reset')).text).toContain('href="https://portal.example.org/home?from=reset"')
    browser.cookies.set('postern-return', encodeURIComponent('https://e.example/'))
    expect((await browser.get('/reset')).text).not.toContain('e.example')
  })
})

describe('text from outside', () => {
  const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

  it('is text on every page: the login, the query, the language, the path', async () => {
    const asked = encodeURIComponent(MARKUP)
    const browser = portal.browser()
    const pages = [
      await browser.get(`/?login=${asked}`),
      await browser.get(`/?username=${asked}&mkt=${asked}&lng=${asked}`),
      await browser.get(`/change?login=${asked}`),
      await browser.get(`/login-help?x=${asked}`),
      await browser.get(`/nowhere/${asked}`),
      await startIn(browser, MARKUP),
      await browser.get('/reset'),
      await browser.post('/reset/answer', { code: MARKUP }),
      await browser.post('/reset/challenge', { method: MARKUP }),
    ]
    for (const { text } of pages) expect(text).not.toMatch(/<script>alert|<img src=x/)
    expect(pages[0]?.text).toContain('value="&quot;>&lt;script>')
  })

  it('is text in mails, whatever a directory calls a person', async () => {
    await enrol(world, 'mona')
    await walk(portal.browser(), 'mona', 'a quite new sentence 8')
    await delivered(world)
    const notice = world.sent.find(({ message }) => message.kind === 'password_reset')
    if (!notice) throw new Error('no notice was sent')
    const { help } = world
    const context = {
      texts: portal.portal.texts,
      publicUrl: portal.origin,
      organisation: { name: 'Contoso & <i>', timeZone: 'UTC', locale: 'en', loginExample: '' },
      help,
    }
    const { html, subject } = renderMail(notice.message, 'en', context)
    expect(html).toContain('&lt;b&gt;Mona')
    expect(html).not.toMatch(/<b>Mona|<i>/)
    expect(subject).not.toMatch(/[\r\n]/)
  })

  it('chooses a language that exists, or none', async () => {
    for (const [path, accept, lang] of [
      ['/?mkt=de', '', 'de'],
      ['/?lng=ja', 'de', 'ja'],
      ['/', 'ar-EG,ar;q=0.9', 'ar'],
      ['/?mkt=../../etc/passwd', '', 'en'],
      ['/?mkt=__proto__', 'x'.repeat(5_000), 'en'],
      ['/?mkt=de-CH', '', 'de'],
    ] as const) {
      const { text } = await portal.browser().get(path, accept ? { 'accept-language': accept } : {})
      expect([path, /<html lang="([^"]+)"/.exec(text)?.[1]]).toEqual([path, lang])
    }
    const browser = portal.browser()
    await browser.get('/?mkt=ar')
    expect((await browser.get('/')).text).toContain('<html lang="ar" dir="rtl"')
  })
})

it('fields say what belongs in them, hide what is secret, and take what is pasted', async () => {
  await enrol(world, 'p08')
  const browser = portal.browser()
  const tag = (name: string): string =>
    browser
      .page()
      .match(/<input[^>]*>/g)
      ?.find(one => one.includes(`name="${name}"`)) ?? ''
  await browser.get('/')
  expect(tag('login')).toContain('autocomplete="username"')
  await browser.get('/change')
  expect(tag('old')).toMatch(/type="password".*autocomplete="current-password"/)
  expect(tag('password')).toMatch(/type="password".*autocomplete="new-password"/)
  await startIn(browser, 'p08')
  await browser.get('/reset')
  await browser.post('/reset/challenge', { method: methodOn(browser, 'authenticator app') })
  await browser.get('/reset')
  expect(tag('code')).toContain('autocomplete="one-time-code"')
  expect(browser.page()).not.toMatch(/onpaste|oncopy|<script(?![^>]* src=)|style="/)
})
