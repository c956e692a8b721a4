import type { Configuration, ServerMetadata } from 'openid-client'
import { IdentityError } from '../identity-provider.ts'
import { type Clock, type Instant, minutes, seconds } from '../lib/clock.ts'
import type { outboundFetch } from './outbound-fetch.ts'

/** Metadata seldom change; keys of the provider are fetched by the library, also when one is new. */
const KNOWN_MS = minutes(60)
/** A provider that does not answer is asked again no sooner, so that people are told at once. */
const REST_MS = seconds(5)
/** A single request of the library. */
const REQUEST_SECONDS = 5

/** Public keys alone: `none`, and what is signed with a secret that both know, prove nothing of a provider. */
const ALGORITHMS = /^(RS|PS|ES)(256|384|512)$|^EdDSA$|^Ed25519$/

export type Client = {
  readonly issuer: string
  readonly clientId: string
  /** Null: a public client, which has PKCE alone. */
  readonly clientSecret: string | null
}

type Kept = { readonly configuration: Configuration; readonly until: Instant }

/**
 * What the provider tells of itself (OpenID Connect Discovery 1.0 section 4), kept for an hour, and longer while it does
 * not answer. Asked for when the first person signs in, never at start. Throws IdentityError `unavailable`.
 */
export function createDiscovery(
  client: Client,
  fetch: ReturnType<typeof outboundFetch>['fetch'],
  clock: Clock,
): () => Promise<Configuration> {
  let kept: Kept | null = null
  let asking: Promise<Configuration> | null = null
  let failed: { readonly error: unknown; readonly until: Instant } | null = null
  const ask = async (): Promise<Configuration> => {
    try {
      const configuration = await discover(client, fetch)
      kept = { configuration, until: clock.now() + KNOWN_MS }
      failed = null
      return configuration
    } catch (error) {
      failed = { error, until: clock.now() + REST_MS }
      if (kept) return kept.configuration
      throw error
    } finally {
      asking = null
    }
  }
  return async () => {
    const now = clock.now()
    if (kept && (kept.until > now || (failed && failed.until > now))) return kept.configuration
    if (failed && failed.until > now) throw failed.error
    asking ??= ask()
    return asking
  }
}

async function discover(
  { issuer, clientId, clientSecret }: Client,
  fetch: ReturnType<typeof outboundFetch>['fetch'],
): Promise<Configuration> {
  // Loaded with the first sign-in: whoever uses no provider pays nothing for it.
  const library = await import('openid-client')
  const found = await library.discovery(new URL(issuer), clientId, undefined, library.None(), {
    [library.customFetch]: fetch,
    timeout: REQUEST_SECONDS,
  })
  const metadata = checked(found.serverMetadata(), issuer)
  const isBasic = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_basic') ?? true
  const proof =
    clientSecret === null
      ? library.None()
      : isBasic
        ? library.ClientSecretBasic(clientSecret)
        : library.ClientSecretPost(clientSecret)
  const configuration = new library.Configuration(metadata, clientId, {}, proof)
  configuration[library.customFetch] = fetch
  configuration.timeout = REQUEST_SECONDS
  library.enableNonRepudiationChecks(configuration)
  return configuration
}

/** The library takes some issuers for alike; here one is the very one that is configured, letter by letter. */
function checked(metadata: Readonly<ServerMetadata>, issuer: string): ServerMetadata {
  const { authorization_endpoint: door = '', id_token_signing_alg_values_supported: all = ['RS256'] } =
    metadata
  if (metadata.issuer !== issuer) throw new IdentityError('unavailable', 'another_issuer')
  if (!door.startsWith('https://') || !metadata.token_endpoint || !metadata.jwks_uri)
    throw new IdentityError('unavailable', 'incomplete_metadata')
  return {
    ...metadata,
    id_token_signing_alg_values_supported: all.filter(algorithm => ALGORITHMS.test(algorithm)),
  }
}
