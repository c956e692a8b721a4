import type { Configuration, IDToken } from 'openid-client'
import type { Finding } from '../directory.ts'
import {
  type Expected,
  type Identified,
  IdentityError,
  type IdentityProvider,
  showsSecondFactor,
} from '../identity-provider.ts'
import { type Clock, deadline, seconds } from '../lib/clock.ts'
import { type Client, createDiscovery } from './discovery.ts'
import { type Outbound, outboundFetch } from './outbound-fetch.ts'

export type OpenIdConnect = Client &
  Omit<Outbound, 'allowPrivate'> & {
    readonly redirectUri: string
    readonly scopes: readonly string[]
    /** Whose value names the account. */
    readonly claim: string
    /** What `tid` must say, where subjects are unique within one tenant only (Entra). */
    readonly tenant: string | null
    /** Values of `acr` that stand for a second factor; asked for, too. */
    readonly acr: readonly string[]
  }

/** Together, whatever it takes: the person waits. */
const CALL_MS = seconds(5)
/** OpenID Connect Core 3.1.2.1: `max_age=0` asks for a fresh sign-in, and this is how fresh it must be. */
const AUTH_AGE_SECONDS = 5 * 60
/** Of the two clocks; the library takes the same. */
const TOLERANCE_SECONDS = 30

/**
 * OpenID Connect by the authorization code flow with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 9700). Asks nobody
 * before the first sign-in. Tokens live within one call.
 */
export function createOpenIdConnect(
  config: OpenIdConnect,
  { allowPrivate }: Pick<Outbound, 'allowPrivate'>,
  clock: Clock,
  ms = CALL_MS,
): IdentityProvider {
  const outbound = outboundFetch({ ...config, allowPrivate })
  const discovered = createDiscovery(config, outbound.fetch, clock)
  return {
    host: new URL(config.issuer).host,
    begin: expected => within(ms, async () => addressOf(await discovered(), config, expected)),
    finish: (callback, expected) =>
      within(ms, async () => judge(await redeem(await discovered(), callback, expected), config, clock)),
    check: () => findings(() => within(ms, discovered)),
    close: async () => outbound.close(),
  }
}

async function addressOf(
  configuration: Configuration,
  { redirectUri, scopes, acr }: OpenIdConnect,
  { state, nonce, verifier }: Expected,
): Promise<string> {
  const library = await import('openid-client')
  return library.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    nonce,
    code_challenge: await library.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // Both say the same; there are providers that know only one of them.
    max_age: '0',
    prompt: 'login',
    ...(acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
  }).href
}

async function redeem(configuration: Configuration, callback: URL, expected: Expected): Promise<IDToken> {
  const library = await import('openid-client')
  const tokens = await library.authorizationCodeGrant(configuration, callback, {
    expectedState: expected.state,
    expectedNonce: expected.nonce,
    pkceCodeVerifier: expected.verifier,
    maxAge: AUTH_AGE_SECONDS,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (!claims) throw refused('no_id_token')
  return claims
}

function judge(claims: IDToken, { claim, tenant, acr }: OpenIdConnect, clock: Clock): Identified {
  if ((claims.auth_time ?? 0) > clock.now() / 1_000 + TOLERANCE_SECONDS) throw refused('auth_time')
  if (tenant !== null && claims['tid'] !== tenant) throw refused('another_tenant')
  const text = claims[claim]
  if (typeof text !== 'string' || text === '') throw refused('claim_missing')
  return {
    text,
    hasSecondFactor:
      showsSecondFactor(textsIn(claims['amr'])) || levelsOf(claims).some(level => acr.includes(level)),
  }
}

/** `acrs` is a list of Entra's, of what its conditional access found fulfilled. */
const levelsOf = (claims: IDToken): readonly string[] => textsIn([claims['acr'], ...textsIn(claims['acrs'])])

const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(each => typeof each === 'string') : []

const refused = (reason: string): IdentityError => new IdentityError('refused', reason)

/** No error of the library gets out: its causes hold tokens and what they say. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const signal = deadline(ms)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new IdentityError('unavailable', 'no_answer_in_time')))
  })
  try {
    return await Promise.race([work(), late])
  } catch (error) {
    throw asIdentityError(error)
  }
}

/** Words of the provider that mean that nobody was signed in (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6). */
const DECLINED = ['access_denied', 'login_required', 'interaction_required', 'consent_required']
const NOT_NOW = ['temporarily_unavailable', 'server_error']

function asIdentityError(error: unknown): IdentityError {
  const chain = causesOf(error)
  const own = chain.find(each => each instanceof IdentityError)
  if (own) return own
  const told = chain.map(each => wordIn(each, 'error')).find(word => word !== null) ?? null
  if (told !== null && DECLINED.includes(told)) return new IdentityError('declined', told)
  if (told !== null && NOT_NOW.includes(told)) return new IdentityError('unavailable', told)
  const claim = chain.map(each => wordIn(each, 'claim')).find(word => word !== null)
  const code = chain.map(each => wordIn(each, 'code')).find(word => word !== null)
  return refused(told ?? claim ?? code ?? 'not_understood')
}

function causesOf(error: unknown): readonly object[] {
  const chain: object[] = []
  for (let each = error; typeof each === 'object' && each !== null && chain.length < 5; ) {
    chain.push(each)
    each = Reflect.get(each, 'cause')
  }
  return chain
}

/** A word such as `invalid_grant`, `nonce` or OAUTH_INVALID_RESPONSE, and never a text with anything in it. */
function wordIn(value: object, name: string): string | null {
  const word: unknown = Reflect.get(value, name)
  return typeof word === 'string' && /^[a-z][a-z_]{1,60}$/i.test(word) ? word.toLowerCase() : null
}

async function findings(discovered: () => Promise<Configuration>): Promise<readonly Finding[]> {
  try {
    const metadata = (await discovered()).serverMetadata()
    const methods = metadata.code_challenge_methods_supported
    return [
      { level: 'ok', text: `${metadata.issuer} answers.` },
      ...(methods && !methods.includes('S256')
        ? [{ level: 'warning', text: 'it does not announce PKCE with S256.' } as const]
        : []),
    ]
  } catch (error) {
    const reason = error instanceof IdentityError ? error.reason : 'unknown'
    return [{ level: 'error', text: `people cannot sign in there (${reason.replaceAll('_', ' ')}).` }]
  }
}
