// A provider that lies, is slow, or points elsewhere: nothing that it says is believed without proof, and nobody is asked
// but itself.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import {
  type Claims,
  type CrookedProvider,
  signedBy,
  signedBySecret,
  startCrookedProvider,
  unsigned,
} from '../../rig/crooked-provider.ts'
import { makePki, type Pki, unknownAuthority } from '../../rig/pki.ts'
import { type Identified, IdentityError, showsSecondFactor } from '../identity-provider.ts'
import { minutes, seconds, systemClock } from '../lib/clock.ts'
import { createOpenIdConnect, type OpenIdConnect } from './openid-connect.ts'

const EXPECTED = { state: 's'.repeat(43), nonce: 'n'.repeat(43), verifier: 'v'.repeat(43) }
const REACHABLE = { allowPrivate: ['localhost'] }
const now = (): number => Math.floor(systemClock.now() / 1_000)

const folder = tempFolder('crooked')
let pki: Pki
let provider: CrookedProvider
beforeAll(() => {
  pki = makePki(folder.path, '127.0.0.1', ['localhost'])
})
afterAll(() => folder.remove())
beforeEach(async () => {
  provider = await startCrookedProvider(pki)
  provider.claims = { nonce: EXPECTED.nonce }
})
afterEach(() => provider.stop())

const client = (change: Partial<OpenIdConnect> = {}, clock = systemClock, ms?: number) =>
  createOpenIdConnect({ ...provider.config, ...change }, REACHABLE, clock, ms)

const callback = (change: Readonly<Record<string, string>> = {}): URL => {
  const url = new URL(provider.config.redirectUri)
  const answer = { code: 'a-code', state: EXPECTED.state, iss: provider.issuer, ...change }
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  return url
}

const finish = (change: Partial<OpenIdConnect> = {}): Promise<Identified> =>
  client(change).finish(callback(), EXPECTED)

/** Why it was refused, as it goes into the audit. */
const why = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'believed',
    (error: unknown) => (error instanceof IdentityError ? `${error.why} ${error.reason}` : String(error)),
  )

it('believes what is signed, fresh, and meant for us', async () => {
  expect(await finish()).toEqual({ text: 'alice', hasSecondFactor: false })
  provider.claims = { ...provider.claims, amr: ['pwd', 'mfa'], employee: '42' }
  expect(await finish({ claim: 'employee' })).toEqual({ text: '42', hasSecondFactor: true })
  expect(await finish({ clientSecret: null })).toMatchObject({ text: 'alice' })
})

describe('a token is refused', () => {
  const stale: readonly (readonly [string, () => Claims, string])[] = [
    ['of another nonce', () => ({ nonce: 'x'.repeat(43) }), 'refused nonce'],
    ['without a nonce', () => ({ nonce: undefined }), 'refused oauth_invalid_response'],
    ['for another audience', () => ({ aud: 'another-client' }), 'refused aud'],
    ['for several, by the name of another', () => ({ aud: ['postern', 'b'], azp: 'b' }), 'refused azp'],
    ['of another issuer', () => ({ iss: 'https://elsewhere.example' }), 'refused iss'],
    ['that has expired', () => ({ exp: now() - 60 }), 'refused exp'],
    ['of a sign-in of ten minutes ago', () => ({ auth_time: now() - 600 }), 'refused auth_time'],
    ['of a sign-in that is yet to come', () => ({ auth_time: now() + 600 }), 'refused auth_time'],
    ['that does not say when', () => ({ auth_time: undefined }), 'refused oauth_invalid_response'],
    ['that does not say who', () => ({ sub: undefined }), 'refused oauth_invalid_response'],
  ]
  it.each(stale)('%s', async (_what, claims, reason) => {
    provider.claims = { ...provider.claims, ...claims() }
    expect(await why(finish())).toBe(reason)
  })

  it('that nobody signed, that the secret signed, or that another key signed', async () => {
    provider.signs = unsigned
    expect(await why(finish())).toMatch(/^refused /)
    provider.signs = signedBySecret
    expect(await why(finish())).toMatch(/^refused /)
    provider.signs = signedBy(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
    expect(await why(finish())).toMatch(/^refused /)
    provider.signs = signedBy(provider.key)
    expect(await why(finish())).toBe('believed')
  })

  it('of another tenant, or whose claim is no text', async () => {
    expect(await why(finish({ tenant: '8eaef023-2b34-4da1-9baa-8bc8c9d6a490' }))).toBe(
      'refused another_tenant',
    )
    for (const employee of [undefined, '', 42, ['42'], { id: '42' }, null]) {
      provider.claims = { ...provider.claims, employee }
      expect(await why(finish({ claim: 'employee' }))).toBe('refused claim_missing')
    }
  })
})

describe('an answer at the callback is refused', () => {
  const answers = [
    ['of another state', { state: 'x'.repeat(43) }, /^refused /],
    ['of another issuer (RFC 9207)', { iss: 'https://elsewhere.example' }, /^refused /],
    ['that is an error', { error: 'access_denied' }, /^declined access_denied$/],
    ['that is an outage', { error: 'temporarily_unavailable' }, /^unavailable temporarily_unavailable$/],
    [
      'that is an error with words of its own',
      { error: 'no <b>way</b> alice@example.test' },
      /^refused oauth/,
    ],
  ] as const
  it.each(answers)('%s', async (_what, change, reason) => {
    expect(await why(client().finish(callback(change), EXPECTED))).toMatch(reason)
    expect(provider.asked).not.toContain('POST /token')
  })

  it('without an issuer, where the provider announces one', async () => {
    const bare = callback()
    bare.searchParams.delete('iss')
    expect(await why(client().finish(bare, EXPECTED))).toMatch(/^refused /)
  })
})

describe('nobody is asked but the issuer', () => {
  it.each(['token_endpoint', 'jwks_uri'])('whatever its metadata name as %s', async name => {
    let connections = 0
    const elsewhere = createServer(() => connections++)
    await new Promise<void>(resolve => void elsewhere.listen(0, '127.0.0.1', resolve))
    const address = elsewhere.address()
    const port = typeof address === 'object' ? address?.port : 0
    provider.metadata = { [name]: `https://localhost:${port}/` }
    expect(await why(finish())).toBe('unavailable another_host')
    expect(connections).toBe(0)
    elsewhere.close()
  })

  it('nor a private address that is not allowed by name, nor where it redirects to', async () => {
    const strict = createOpenIdConnect(provider.config, { allowPrivate: [] }, systemClock)
    expect(await why(strict.begin(EXPECTED))).toBe('unavailable not_reached')
    const bare = { ...provider.config, issuer: provider.issuer.replace('localhost', '127.0.0.1') }
    const other = createOpenIdConnect(bare, { allowPrivate: [] }, systemClock)
    expect(await why(other.begin(EXPECTED))).toBe('unavailable private_address')
    expect(provider.asked).toEqual([])
    provider.instead = (_request, response) =>
      void response.writeHead(302, { location: `${provider.issuer}/elsewhere` }).end()
    expect(await why(client().begin(EXPECTED))).toMatch(/^(refused|unavailable) /)
    expect(provider.asked).toEqual(['GET /.well-known/openid-configuration'])
  })

  it('nor one whose certificate is not of the authority', async () => {
    const ca = unknownAuthority(folder.path)
    expect(await why(client({ ca }).begin(EXPECTED))).toMatch(/^unavailable unable_to_verify|signature/)
  })
})

describe('metadata are refused', () => {
  const wrong = [
    ['of another issuer', { issuer: 'https://elsewhere.example' }],
    ['with a door that is no https', { authorization_endpoint: 'http://localhost/auth' }],
    ['without keys', { jwks_uri: undefined }],
  ] as const
  it.each(wrong)('%s', async (_what, metadata) => {
    provider.metadata = metadata
    expect(await why(client().begin(EXPECTED))).toMatch(/^(refused|unavailable) /)
  })

  it('of an issuer that is only alike', async () => {
    provider.metadata = { issuer: `${provider.issuer}/` }
    expect(await why(client().begin(EXPECTED))).toBe('unavailable another_issuer')
  })

  it('and an answer without an end', async () => {
    provider.instead = (_request, response) => {
      response.setHeader('content-type', 'application/json').write(' '.repeat(300 * 1024))
    }
    expect(await why(client().begin(EXPECTED))).toBe('unavailable answer_too_long')
  })
})

describe('a provider that is down', () => {
  it('is not waited for', async () => {
    provider.instead = () => undefined
    expect(await why(client({}, systemClock, 50).begin(EXPECTED))).toBe('unavailable no_answer_in_time')
  })

  it('is asked again after five seconds, and known for an hour, or until it is back', async () => {
    const clock = fakeClock()
    const known = client({}, clock)
    provider.instead = (_request, response) => void response.writeHead(503).end()
    expect(await why(known.begin(EXPECTED))).toBe('unavailable answered_503')
    provider.instead = null
    expect(await why(known.begin(EXPECTED))).toBe('unavailable answered_503')
    clock.advance(seconds(5))
    await Promise.all([known.begin(EXPECTED), known.begin(EXPECTED), known.begin(EXPECTED)])
    expect(provider.asked).toHaveLength(2)
    clock.advance(minutes(60))
    provider.instead = (_request, response) => void response.writeHead(503).end()
    expect(await why(known.begin(EXPECTED))).toBe('believed')
    expect(provider.asked).toHaveLength(3)
    expect(await why(known.finish(callback(), EXPECTED))).toBe('unavailable answered_503')
  })

  it('is told by doctor in a sentence', async () => {
    expect(await client().check()).toEqual([{ level: 'ok', text: `${provider.issuer} answers.` }])
    provider.metadata = { code_challenge_methods_supported: ['plain'] }
    expect((await client().check()).map(({ level }) => level)).toEqual(['ok', 'warning'])
    provider.instead = (_request, response) => void response.writeHead(500).end()
    expect(await client().check()).toEqual([
      { level: 'error', text: 'people cannot sign in there (answered 500).' },
    ])
  })
})

it('asks for the values of acr that stand for a second factor, and takes them for it', async () => {
  const address = new URL(await client({ acr: ['gold', 'c1'] }).begin(EXPECTED))
  expect(address.searchParams.get('acr_values')).toBe('gold c1')
  provider.claims = { ...provider.claims, acr: 'c1' }
  expect(await finish({ acr: ['gold', 'c1'] })).toMatchObject({ hasSecondFactor: true })
  expect(await finish()).toMatchObject({ hasSecondFactor: false })
  provider.claims = { ...provider.claims, acr: '1', acrs: ['c2', 'c1'] }
  expect(await finish({ acr: ['c1'] })).toMatchObject({ hasSecondFactor: true })
  expect(await finish({ acr: ['c3'] })).toMatchObject({ hasSecondFactor: false })
})

it('takes a key, several factors, or possession beside a password for a second factor, and nothing else', () => {
  for (const amr of [['mfa'], ['hwk'], ['sc'], ['fido'], ['pwd', 'otp'], ['pin', 'swk'], ['x', 'mfa']])
    expect([amr, showsSecondFactor(amr)]).toEqual([amr, true])
  for (const amr of [[], ['pwd'], ['otp'], ['sms'], ['wia'], ['face'], ['pwd', 'kba'], ['MFA'], ['mfa pwd']])
    expect([amr, showsSecondFactor(amr)]).toEqual([amr, false])
})
