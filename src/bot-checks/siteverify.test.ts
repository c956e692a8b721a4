import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { type HostedCheck, SECRET, SITE_KEY, startHostedCheck, WORDS } from '../../rig/hosted-check.ts'
import { keysOf } from '../../rig/keys.ts'
import { seededRandom } from '../../rig/random.ts'
import type { BotCheck, HostedKind } from '../bot-check.ts'
import { minutes, seconds } from '../lib/clock.ts'
import { botCheckConformance, tokenOf } from './conformance.ts'
import { createSiteverify, type HostedConfig } from './siteverify.ts'

const HOST = 'reset.example.org'
const { now } = fakeClock()
const start = now()
const checks: Partial<Record<HostedKind, HostedCheck>> = {}
const noted: unknown[] = []
const hosted = (kind: HostedKind): HostedCheck => {
  const check = checks[kind]
  if (!check) throw new Error(`no fake of ${kind}`)
  return check
}

beforeAll(async () => {
  for (const kind of KINDS) checks[kind] = await startHostedCheck(WORDS[kind], HOST)
})
beforeEach(() => {
  noted.length = 0
  for (const check of Object.values(checks)) {
    Object.assign(check, { answer: {}, misbehaves: null })
    check.calls.length = 0
    check.asked.length = 0
  }
})
afterAll(async () => {
  for (const check of Object.values(checks)) await check.close()
})

const KINDS = ['turnstile', 'hcaptcha', 'recaptcha'] as const

/** Long enough on a busy machine; whoever never answers is waited for less. */
const PATIENCE_MS = seconds(5)
const IMPATIENCE_MS = 300

function create(
  kind: HostedKind,
  change: Partial<HostedConfig> = {},
  callMs: number = PATIENCE_MS,
): BotCheck {
  const verifyUrl = checks[kind]?.verifyUrl ?? null
  return createSiteverify(
    {
      kind,
      siteKey: SITE_KEY,
      secret: SECRET,
      minScore: null,
      sendsAddress: false,
      verifyUrl,
      scriptUrl: null,
      ...change,
    },
    {
      keys: keysOf('here'),
      random: seededRandom('siteverify'),
      hostname: HOST,
      note: (event, detail) => noted.push([event, detail]),
      callMs,
    },
  )
}

for (const kind of KINDS)
  botCheckConformance(
    () => create(kind),
    async () => hosted(kind).solution(),
  )

const wrong = { ok: false, reason: 'wrong' }
const stale = { ok: false, reason: 'stale' }
const unavailable = { ok: false, reason: 'unavailable' }

describe.each(KINDS)('a solution of %s', kind => {
  it('is verified by the provider, with our secret and nothing about the person', async () => {
    const botCheck = create(kind)
    expect(await botCheck.challenge(start, true)).toEqual({ kind, site_key: SITE_KEY })
    const response = hosted(kind).solution()
    const verdict = await botCheck.verify(response, start, '192.0.2.7')
    expect(verdict).toEqual({
      ok: true,
      token: tokenOf(verdict),
      expiresAt: start + minutes(10),
      dear: true,
    })
    const sitekey = kind === 'hcaptcha' ? { sitekey: SITE_KEY } : {}
    expect(hosted(kind).calls).toEqual([{ secret: SECRET, response, ...sitekey }])
  })

  it('tells the address of whoever asks only where that is set', async () => {
    await create(kind, { sendsAddress: true }).verify(hosted(kind).solution(), start, '192.0.2.7')
    expect(hosted(kind).calls[0]?.['remoteip']).toBe('192.0.2.7')
  })

  it('counts once, and is never asked for without one', async () => {
    const botCheck = create(kind)
    const solution = hosted(kind).solution()
    const used = await botCheck.verify(solution, start)
    expect([used.ok, await botCheck.verify(solution, start)]).toEqual([true, stale])
    expect(await botCheck.verify('made-up', start)).toEqual(wrong)
    hosted(kind).calls.length = 0
    expect(await botCheck.verify('', start)).toEqual({ ok: false, reason: 'missing' })
    for (const text of ['a b', 'ä', 'a\nb', 'a'.repeat(8_193)])
      expect(await botCheck.verify(text, start)).toEqual({ ok: false, reason: 'malformed' })
    expect(hosted(kind).calls).toEqual([])
  })

  it.each([
    ['another site', { hostname: 'evil.example.org' }],
    ['a site below ours', { hostname: `a.${HOST}` }],
    ['no site', { hostname: undefined }],
    ['a list of sites', { hostname: [HOST] }],
  ])('for %s is wrong, and on the log', async (_what, answer) => {
    hosted(kind).answer = answer
    expect(await create(kind).verify(hosted(kind).solution(), start)).toEqual(wrong)
    expect(noted).toEqual([['bot_check_foreign', expect.objectContaining({ kind })]])
  })

  it.each(['silent', 'slow', 'huge', 'garbage', 'number', 'redirect', 'failing'] as const)(
    'passes nobody while the provider is %s',
    async misbehaves => {
      Object.assign(hosted(kind), { misbehaves })
      const callMs = ['silent', 'slow'].includes(misbehaves) ? IMPATIENCE_MS : PATIENCE_MS
      expect(await create(kind, {}, callMs).verify(hosted(kind).solution(), start)).toEqual(unavailable)
      expect(hosted(kind).asked).toEqual(['/siteverify'])
      expect(noted).toEqual([['bot_check_unavailable', expect.objectContaining({ kind })]])
      expect(JSON.stringify(noted)).not.toContain(SECRET)
    },
  )

  it('passes nobody with a wrong secret of ours, and says so on the log', async () => {
    const botCheck = create(kind, { secret: 'another' })
    expect(await botCheck.verify(hosted(kind).solution(), start)).toEqual(unavailable)
    expect(noted).toEqual([['bot_check_misconfigured', { kind, why: 'secret' }]])
  })
})

describe('version 3 of reCAPTCHA', () => {
  const scored = (): BotCheck => create('recaptcha', { minScore: 0.5 })
  it.each([
    [{ score: 0.5, action: 'postern' }, true],
    [{ score: 0.9, action: 'postern' }, true],
    [{ score: 0.4, action: 'postern' }, false],
    [{ score: 0.9, action: 'login' }, false],
    [{ score: 0.9 }, false],
    [{ action: 'postern' }, false],
    [{ score: '0.9', action: 'postern' }, false],
  ])('judges %j', async (answer, ok) => {
    hosted('recaptcha').answer = answer
    expect((await scored().verify(hosted('recaptcha').solution(), start)).ok).toBe(ok)
  })

  it('is told apart from version 2, whose page would let every score through', async () => {
    hosted('recaptcha').answer = { score: 0.9, action: 'postern' }
    expect(await create('recaptcha').verify(hosted('recaptcha').solution(), start)).toEqual(unavailable)
    expect(noted).toEqual([['bot_check_misconfigured', expect.objectContaining({ kind: 'recaptcha' })]])
  })

  it('names its action for the page', () => {
    expect(scored().widget?.(start)?.action).toBe('postern')
    expect(create('recaptcha').widget?.(start)?.action).toBe(null)
  })
})

describe('the ticket of the page without script', () => {
  it('is our own, good after 20 s, and needs no provider', async () => {
    hosted('turnstile').misbehaves = 'silent'
    const botCheck = create('turnstile')
    const ticket = botCheck.ticket(start)
    expect(await botCheck.verify(ticket, start + seconds(19))).toMatchObject(wrong)
    expect(await botCheck.verify(ticket, start + seconds(20))).toMatchObject({ ok: true, scriptless: true })
    expect(await botCheck.verify(`${ticket}x`, start + seconds(20))).toMatchObject(wrong)
    expect(hosted('turnstile').calls).toEqual([])
  })
})

describe('a provider that does not answer', () => {
  it('leaves the page with the ticket for 30 s, and comes back with the first answer', async () => {
    const botCheck = create('turnstile')
    const { answer: _answer, ...check } = { ...hosted('turnstile') }
    hosted('turnstile').misbehaves = 'failing'
    await botCheck.verify(check.solution(), start)
    expect(botCheck.widget?.(start + seconds(30) - 1)).toBe(null)
    expect(botCheck.widget?.(start + seconds(30))).not.toBe(null)
    hosted('turnstile').misbehaves = null
    expect(await botCheck.verify(check.solution(), start)).toMatchObject({ ok: true })
    expect(botCheck.widget?.(start)).not.toBe(null)
  })

  it('is not what a client can feign', async () => {
    const botCheck = create('turnstile')
    for (const solution of ['made-up', 'ticket:', 'a'.repeat(9_000)]) await botCheck.verify(solution, start)
    expect(botCheck.widget?.(start)).not.toBe(null)
  })

  it('is asked for four solutions of one source at once, and still for those of others', async () => {
    Object.assign(hosted('turnstile'), { misbehaves: 'slow' })
    const botCheck = create('turnstile')
    const six = ['1', '2', '3', '4', '5', '6'].map(each => botCheck.verify(each, start, '2001:db8::1'))
    const other = botCheck.verify('7', start, '2001:db8:1::1')
    expect((await Promise.all([...six, other])).every(({ ok }) => !ok)).toBe(true)
    expect(hosted('turnstile').calls.length).toBe(5)
    // The places are free again.
    hosted('turnstile').misbehaves = null
    expect(await botCheck.verify(hosted('turnstile').solution(), start, '2001:db8::1')).toMatchObject({
      ok: true,
    })
  })
})

describe('the content policy of the page', () => {
  it.each([
    ['turnstile', ['script-src', 'frame-src'], 'https://challenges.cloudflare.com'],
    ['hcaptcha', ['script-src', 'frame-src', 'style-src', 'connect-src'], 'https://hcaptcha.com'],
    ['recaptcha', ['script-src', 'frame-src'], 'https://www.google.com/recaptcha/'],
  ] as const)('of %s gets what the provider documents', (kind, directives, first) => {
    const { sources = {} } = create(kind).widget?.(start) ?? {}
    expect(Object.keys(sources)).toEqual(directives)
    expect(sources['frame-src']?.[0]).toBe(first)
    expect(
      Object.values(sources)
        .flat()
        .every(source => source.startsWith('https://')),
    ).toBe(true)
  })

  it('gets the one origin of a script of one’s own instead', () => {
    const widget = create('hcaptcha', { scriptUrl: 'https://check.example.org/a/api.js' }).widget?.(start)
    expect(widget?.script).toBe('https://check.example.org/a/api.js')
    expect(new Set(Object.values(widget?.sources ?? {}).flat())).toEqual(
      new Set(['https://check.example.org']),
    )
  })
})
