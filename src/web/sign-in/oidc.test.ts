// Somebody signs in at the organisation's identity provider: over HTTP, against a real provider and a real slapd.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type OidcProvider, startOidcProvider } from '../../../rig/oidc-provider.ts'
import { type Answer, type Browser, type RunningPortal, startPortal } from '../../../rig/portal.ts'
import { personDn } from '../../../rig/slapd.ts'
import { appCodeNow, enrol, oldPasswordOf, startVictims, type Victims } from '../../../rig/victims.ts'
import { OPEN_SETTINGS, type TestWorld, testWorld } from '../../../rig/world.ts'
import { limitNames, networkOf } from '../../actions/current-settings.ts'
import { subjectOf } from '../../actions/subject.ts'
import type { Identity } from '../../actions/world.ts'
import { CALLBACK_PATH, type IdentityProvider } from '../../identity-provider.ts'
import { createOpenIdConnect } from '../../identity-providers/openid-connect.ts'
import { minutes, systemClock } from '../../lib/clock.ts'

/** By name at the provider; the number stands in `employeeNumber` of the directory. */
const PEOPLE = Object.fromEntries(
  ['p01', 'p02', 'p03', 'p04', 'dave', 'fay', 'twin'].map(login => [
    login,
    { employee_number: `E-${login}` },
  ]),
)

/** Who has less than the policy asks for is led there; so is everybody here. */
const SETUP = '/security-info/setup'

let victims: Victims
let world: TestWorld
let portal: RunningPortal
let provider: OidcProvider
let client: IdentityProvider
const identity: { -readonly [key in keyof Identity]: Identity[key] } = {
  get provider() {
    return client
  },
  directory: 'staff',
  attribute: 'employeeNumber',
  only: false,
}

beforeAll(async () => {
  victims = await startVictims()
  for (const login of ['p01', 'p02', 'p03', 'p04', 'dave', 'fay'])
    await victims.slapd.hand.replace(personDn(login), { employeeNumber: `E-${login}` })
  for (const login of ['dup1', 'dup2'])
    await victims.slapd.hand.replace(personDn(login), { employeeNumber: 'E-twin' })
})
afterAll(() => victims.stop())
beforeEach(async () => {
  identity.only = false
  world = await testWorld([victims.directory], { identity })
  portal = await startPortal(world)
  const redirectUri = `${portal.origin}${CALLBACK_PATH}`
  provider = await startOidcProvider(redirectUri, {
    ...PEOPLE,
    stranger: { employee_number: 'E-nobody' },
    nobody: {},
    // The mailbox of somebody else: it is no way in.
    thief: { employee_number: 'p01@example.test', email: 'p01@example.test' },
  })
  client = createOpenIdConnect(provider.config, { allowPrivate: ['localhost'] }, systemClock)
  return async () => {
    await client.close()
    await provider.stop()
    await portal.stop()
    await world.store.close()
  }
})

const pathOf = (address: string): string => address.slice(portal.origin.length)

/** To the provider and back: the path of the callback. */
async function away(browser: Browser, login: string, amr?: string): Promise<string> {
  const got = await browser.get('/sign-in/oidc')
  expect([got.status, login]).toEqual([303, login])
  return pathOf(await provider.signIn(got.headers.location ?? '', login, amr))
}

const back = async (browser: Browser, login: string, amr?: string): Promise<Answer> =>
  browser.get(await away(browser, login, amr))

const lastReason = async (): Promise<string | null> => {
  const records = await world.store.read(tx => tx.auditRecords(0, 100))
  return records.at(-1)?.reason ?? null
}

async function expectUnused(got: Answer, reason: string): Promise<void> {
  expect([got.status, reason]).toEqual([403, reason])
  expect(got.text).toContain('This sign-in opens nothing here')
  expect(await lastReason()).toBe(reason)
}

describe('somebody whom the provider knows', () => {
  it('comes back signed in, and adds an app', async () => {
    const browser = portal.browser()
    await browser.get('/sign-in')
    expect(browser.page()).toContain('href="/sign-in/oidc"')
    const got = await back(browser, 'p01')
    expect([got.status, got.headers.location]).toEqual([303, SETUP])
    expect(browser.cookies.has('postern-oidc')).toBe(false)
    await browser.get('/security-info')
    expect(browser.page()).toContain('P01 Sample')
    expect(browser.page()).toContain('Signing out ends your visit here.')
    expect((await browser.post('/security-info/add', { method: 'app_code' })).status).toBe(303)
    await browser.get('/security-info/add')
    const key = /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? ''
    const confirmed = await browser.post('/security-info/confirm', { code: appCodeNow(world, key) })
    expect(confirmed.status).toBe(303)
  })

  it('takes our own second step after a password there, and none after a second factor there', async () => {
    await enrol(world, 'p02', ['app_code'])
    const first = portal.browser()
    expect((await back(first, 'p02', 'pwd')).headers.location).toBe('/sign-in/step')
    expect((await first.get('/security-info')).headers.location).toBe('/sign-in/step')
    expect((await back(portal.browser(), 'p02', '')).headers.location).toBe('/sign-in/step')
    expect((await back(portal.browser(), 'p02', 'otp')).headers.location).toBe('/sign-in/step')
    expect((await back(portal.browser(), 'p02', 'pwd otp')).headers.location).toBe(SETUP)
    expect((await back(portal.browser(), 'p02', 'mfa')).headers.location).toBe(SETUP)
    expect((await back(portal.browser(), 'p02', 'hwk')).headers.location).toBe(SETUP)
  })
})

describe('nothing opens, and everybody is told the same', () => {
  const refusals = [
    ['a stranger, whom only the provider knows', 'stranger', 'oidc_no_account'],
    ['somebody of whom the provider does not say who it is', 'nobody', 'oidc_claim_missing'],
    ['two people with one number', 'twin', 'oidc_no_account'],
    ['an account that is locked for good', 'dave', 'oidc_locked'],
    ['an account that has expired', 'fay', 'oidc_expired'],
    ['the address of somebody else', 'thief', 'oidc_no_account'],
    ['somebody who cancels there', '', 'oidc_access_denied'],
  ] as const
  it.each(refusals)('for %s', async (_who, login, reason) => {
    const browser = portal.browser()
    await expectUnused(await back(browser, login, 'mfa'), reason)
    expect((await browser.get('/security-info')).headers.location).toBe('/sign-in')
  })

  it('for a callback that comes twice, even with the cookie of the first time', async () => {
    const browser = portal.browser()
    const path = await away(browser, 'p01')
    const cookie = browser.cookies.get('postern-oidc') ?? ''
    expect((await browser.get(path)).headers.location).toBe(SETUP)
    await expectUnused(await browser.get(path), 'oidc_another_browser')
    const thief = portal.browser()
    thief.cookies.set('postern-oidc', cookie)
    await expectUnused(await thief.get(path), 'oidc_again')
  })

  it('for two callbacks at once: one of them', async () => {
    const browser = portal.browser()
    const path = await away(browser, 'p01')
    const headers = { cookie: `postern-oidc=${browser.cookies.get('postern-oidc')}`, accept: 'text/html' }
    const got = await Promise.all([1, 2, 3].map(() => portal.ask(path, { headers })))
    expect(got.map(({ status }) => status).sort()).toEqual([303, 403, 403])
  })

  it('for a callback in another browser: nobody is signed in as somebody else (login CSRF)', async () => {
    const attacker = portal.browser()
    const path = await away(attacker, 'p03', 'mfa')
    await expectUnused(await portal.browser().get(path), 'oidc_another_browser')
    const victim = portal.browser()
    await away(victim, 'p04')
    await expectUnused(await victim.get(path), 'oidc_oauth_invalid_response')
    expect(victim.cookies.has('postern-session')).toBe(false)
  })

  it('for a state, a code or an issuer that was swapped, and a cookie that was altered', async () => {
    const swapped = async (name: string, value: string): Promise<Answer> => {
      const browser = portal.browser()
      const path = new URL(await away(browser, 'p01'), portal.origin)
      path.searchParams.set(name, value)
      return browser.get(pathOf(path.href))
    }
    await expectUnused(await swapped('state', 'x'.repeat(43)), 'oidc_oauth_invalid_response')
    await expectUnused(await swapped('iss', 'https://elsewhere.example'), 'oidc_oauth_invalid_response')
    await expectUnused(await swapped('code', 'x'.repeat(43)), 'oidc_invalid_grant')
    const browser = portal.browser()
    const path = await away(browser, 'p01')
    browser.cookies.set('postern-oidc', `${browser.cookies.get('postern-oidc')?.slice(0, -4)}AAAA`)
    await expectUnused(await browser.get(path), 'oidc_another_browser')
  })

  it('for a code of another browser with a state of this one: PKCE binds it', async () => {
    const theirs = new URL(await away(portal.browser(), 'p03', 'mfa'), portal.origin)
    const browser = portal.browser()
    const path = new URL(await away(browser, 'p04'), portal.origin)
    path.searchParams.set('code', theirs.searchParams.get('code') ?? '')
    await expectUnused(await browser.get(pathOf(path.href)), 'oidc_invalid_grant')
  })

  it('for somebody who takes longer than ten minutes', async () => {
    const browser = portal.browser()
    const path = await away(browser, 'p01')
    world.clock.advance(minutes(10))
    await expectUnused(await browser.get(path), 'oidc_too_late')
  })
})

describe('for an hour after a reset', () => {
  it('a password at the provider opens nothing by itself; a second factor there does', async () => {
    const account = await victims.directory.find('p03', AbortSignal.timeout(5_000))
    const subject = account ? subjectOf(world.keys, account.ref) : ''
    await world.store.transact(tx => tx.limits.add(limitNames.lastReset(subject), 1, world.clock.now()))
    const later = await back(portal.browser(), 'p03', 'pwd')
    expect(later.status).toBe(403)
    expect(later.text).toContain('Your password was reset a short time ago.')
    expect((await back(portal.browser(), 'p03', '')).status).toBe(403)
    expect((await back(portal.browser(), 'p03', 'mfa')).headers.location).toBe(SETUP)
    world.clock.advance(minutes(60))
    expect((await back(portal.browser(), 'p03', 'pwd')).headers.location).toBe(SETUP)
  })
})

describe('the door', () => {
  it('has no password where the provider is the only way, and takes none', async () => {
    identity.only = true
    const browser = portal.browser()
    await browser.get('/sign-in')
    expect(browser.page()).toContain('href="/sign-in/oidc"')
    expect(browser.page()).not.toContain('type="password"')
    identity.only = false
    await browser.get('/sign-in')
    identity.only = true
    const posted = await browser.post('/sign-in', {
      ...{ login: 'p01', password: oldPasswordOf('p01'), bot_check: await portal.solve() },
    })
    expect([posted.status, posted.headers.location]).toEqual([303, '/sign-in'])
    expect((await back(browser, 'p01')).headers.location).toBe(SETUP)
  })

  it('says so where the provider is down, and leaves the password as it is', async () => {
    await provider.stop()
    const browser = portal.browser()
    const got = await browser.get('/sign-in/oidc')
    expect([got.status, got.headers['retry-after']]).toEqual([503, '60'])
    expect(got.text).toContain('The sign-in page does not answer')
    const lines: string[] = []
    world.log.warn = event => void lines.push(event)
    for (let pressed = 0; pressed < 5; pressed++) await browser.get('/sign-in/oidc')
    expect(lines).toEqual([])
    await browser.get('/sign-in')
    const signedIn = await browser.post('/sign-in', {
      ...{ login: 'p01', password: oldPasswordOf('p01'), bot_check: await portal.solve() },
    })
    expect(signedIn.headers.location).toBe(SETUP)
  })

  it('says so where the provider goes down between the way there and back', async () => {
    const browser = portal.browser()
    const path = await away(browser, 'p01')
    await provider.stop()
    expect((await browser.get(path)).status).toBe(503)
  })

  it('changes nothing for whoever only looks at it, and answers no HEAD', async () => {
    const count = async (): Promise<number> => (await world.store.read(tx => tx.auditRecords(0, 100))).length
    const before = await count()
    await portal.browser().get('/sign-in/oidc')
    expect((await portal.browser().get(CALLBACK_PATH)).headers.location).toBe('/sign-in')
    for (const path of ['/sign-in/oidc', `${CALLBACK_PATH}?state=x`])
      expect((await portal.ask(path, { method: 'HEAD' })).status).toBe(405)
    expect(await count()).toBe(before)
  })

  it('keeps what was under way in a cookie that no script reads, for ten minutes', async () => {
    const got = await portal.browser().get('/sign-in/oidc')
    const line = got.headers['set-cookie']?.find(each => each.startsWith('postern-oidc')) ?? ''
    expect(line).toMatch(/^postern-oidc=[\w.-]{100,900}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
    const { searchParams } = new URL(got.headers.location ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      ...{ response_type: 'code', scope: 'openid', code_challenge_method: 'S256', max_age: '0' },
    })
    for (const name of ['state', 'nonce']) expect(line).not.toContain(searchParams.get(name))
  })

  it('remembers on the way that the computer is shared', async () => {
    const browser = portal.browser()
    const got = await browser.get('/sign-in/oidc?shared=yes')
    await browser.get(pathOf(await provider.signIn(got.headers.location ?? '', 'p01')))
    expect([browser.cookies.get('postern-shared'), browser.cookies.has('postern-known')]).toEqual([
      'yes',
      false,
    ])
  })

  it('closes for a source that comes back too often, and tells nobody who it was', async () => {
    const browser = portal.browser('203.0.113.7')
    const { bucket } = networkOf(world, OPEN_SETTINGS, '203.0.113.7')
    const path = await away(browser, 'p01')
    await world.store.transact(tx =>
      tx.limits.add(limitNames.changesOfSource(bucket), 100_000, world.clock.now()),
    )
    expect((await browser.get(path)).status).toBe(429)
  })
})
