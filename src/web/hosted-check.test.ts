// The pages and calls of a hosted bot check: what their policy allows, what an outage says, what a replay gets.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BuiltinRig, builtinRig } from '../../rig/builtin.ts'
import { type HostedCheck, hostedBotCheck, SITE_KEY, startHostedCheck } from '../../rig/hosted-check.ts'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import type { BotCheck } from '../bot-check.ts'
import { seconds } from '../lib/clock.ts'

let rig: BuiltinRig
let check: HostedCheck
let world: TestWorld & { botCheck: BotCheck }
let portal: RunningPortal

beforeAll(async () => {
  ;[rig, check] = await Promise.all([builtinRig(), startHostedCheck()])
  await rig.add('alice', 'old password of alice')
  world = { ...(await testWorld([rig.directory], { clock: rig.clock })) }
  portal = await startPortal(world)
})
beforeEach(() => {
  world.botCheck = hostedBotCheck(check, { scriptUrl: null })
  check.misbehaves = null
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await Promise.all([rig.stop(), check.close()])
})

const PLAIN =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
const policyOf = async (path: string): Promise<unknown> =>
  (await portal.ask(path, { headers: { accept: 'text/html' } })).headers['content-security-policy']

const CLOUDFLARE = 'https://challenges.cloudflare.com'
const HCAPTCHA = 'https://hcaptcha.com https://*.hcaptcha.com'
const GOOGLE = 'https://www.google.com/recaptcha/'

describe('the content policy', () => {
  it.each([
    ['turnstile', { 'script-src': CLOUDFLARE }, CLOUDFLARE],
    ['hcaptcha', { 'script-src': HCAPTCHA, 'style-src': HCAPTCHA, 'connect-src': HCAPTCHA }, HCAPTCHA],
    [
      'recaptcha',
      { 'script-src': `${GOOGLE} https://www.gstatic.com/recaptcha/` },
      `${GOOGLE} https://recaptcha.google.com/recaptcha/`,
    ],
  ] as const)('of a page that asks %s gets its hosts, and no other page does', async (kind, more, frames) => {
    world.botCheck = hostedBotCheck(check, { kind, scriptUrl: null })
    const widened = Object.entries(more).reduce(
      (policy, [name, hosts]) => policy.replace(`${name} 'self'`, `${name} 'self' ${hosts}`),
      PLAIN,
    )
    for (const path of ['/', '/change', '/?login=alice'])
      expect(await policyOf(path)).toBe(`${widened}; frame-src ${frames}`)
    for (const path of ['/login-help', '/reset', '/finish', '/nowhere', '/not-me', '/api/v1/bot-check'])
      expect(await policyOf(path)).toBe(PLAIN)
  })

  it('is widened on the page that is shown again, and not on the one after', async () => {
    const browser = portal.browser()
    await browser.get('/')
    const again = await browser.post('/reset', { login: 'alice', bot_check: 'made-up' })
    expect([again.status, again.headers['content-security-policy']]).toEqual([
      400,
      expect.stringContaining(CLOUDFLARE),
    ])
    const good = await browser.post('/reset', { login: 'alice', bot_check: check.solution() })
    expect([good.status, good.headers['content-security-policy']]).toEqual([303, PLAIN])
    expect((await browser.get('/reset')).headers['content-security-policy']).toBe(PLAIN)
  })
})

describe('the API', () => {
  const start = (botCheck: string) =>
    portal.ask('/api/v1/resets', { method: 'POST', body: { login: 'alice', bot_check: botCheck } })

  it('names the provider and the site key, and takes each solution once', async () => {
    const told = await portal.ask('/api/v1/bot-check')
    expect(JSON.parse(told.text)).toEqual({ kind: 'turnstile', site_key: SITE_KEY })
    const solution = check.solution()
    expect((await start(solution)).status).toBe(201)
    expect(await start(solution)).toMatchObject({
      status: 400,
      told: { type: 'urn:postern:problem:bot-check-failed' },
    })
  })

  it('says "not now" while the provider does not answer, for nobody as for somebody', async () => {
    check.misbehaves = 'failing'
    const answers = [await start(check.solution()), await start(check.solution())]
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '60' },
        told: { type: 'urn:postern:problem:not-now' },
      })
  })
})

describe('a person, while the provider does not answer,', () => {
  it('is told "not now", then gets a page that opens by the ticket and loads nothing', async () => {
    check.misbehaves = 'silent'
    const browser = portal.browser()
    await browser.get('/')
    const closed = await browser.post('/reset', { login: 'alice', bot_check: check.solution() })
    expect([closed.status, closed.headers['content-security-policy']]).toEqual([503, PLAIN])
    expect(closed.text).toContain('tel:')
    const page = await browser.get('/')
    expect(page.headers['content-security-policy']).toBe(PLAIN)
    expect(page.text).not.toContain('hosted-check')
    expect(page.text).toContain('the button works from')
    const ticket = browser.field('bot_check')
    rig.clock.advance(seconds(20))
    expect((await browser.post('/reset', { login: 'alice', bot_check: ticket })).status).toBe(303)
    rig.clock.advance(seconds(10))
    expect((await browser.get('/')).text).toContain('data-hosted-check')
  })
})
