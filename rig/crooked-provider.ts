// An OpenID provider over TLS on loopback that says whatever a test makes it say: its metadata, its keys, its tokens.
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { OpenIdConnect } from '../src/identity-providers/openid-connect.ts'
import { CLIENT } from './oidc-provider.ts'
import type { Pki } from './pki.ts'

export type Claims = Readonly<Record<string, unknown>>

export type CrookedProvider = {
  readonly issuer: string
  readonly config: OpenIdConnect
  /** Method and path of all that was asked. */
  readonly asked: string[]
  /** Laid over honest claims, by name; undefined leaves one out. */
  claims: Claims
  /** Laid over honest metadata. */
  metadata: Claims
  signs: (input: string) => { readonly alg: string; readonly signature: string }
  /** Answers in place of the provider where it is not null. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null
  readonly key: KeyObject
  stop(): Promise<void>
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const KEY_ID = 'first'

export const signedBy =
  (key: KeyObject) =>
  (input: string): { readonly alg: string; readonly signature: string } => ({
    alg: 'RS256',
    signature: createSign('sha256').update(input).sign(key, 'base64url'),
  })
export const unsigned = () => ({ alg: 'none', signature: '' })
/** With the secret that both know, in place of a key that only the provider has. */
export const signedBySecret = (input: string) => ({
  alg: 'HS256',
  signature: createHmac('sha256', CLIENT.secret).update(input).digest('base64url'),
})

export async function startCrookedProvider(pki: Pki): Promise<CrookedProvider> {
  const tls = { cert: readFileSync(pki.cert), key: readFileSync(pki.key) }
  const server = createServer(tls, async (request, response) => {
    crooked.asked.push(`${request.method} ${request.url}`)
    if (crooked.instead) return crooked.instead(request, response)
    await answer(crooked, request, response)
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on TCP
  const issuer = `https://localhost:${port}`
  const redirectUri = 'https://reset.example.test/sign-in/oidc/callback'
  const crooked: CrookedProvider = {
    issuer,
    config: {
      ...{ issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUri },
      ...{ scopes: ['openid'], claim: 'sub', tenant: null, acr: [], ca: readFileSync(pki.ca, 'utf8') },
    },
    asked: [],
    claims: {},
    metadata: {},
    signs: signedBy(privateKey),
    instead: null,
    key: privateKey,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return crooked
}

async function answer(
  crooked: CrookedProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { issuer } = crooked
  const json = (value: unknown) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  if (request.url === '/.well-known/openid-configuration')
    return json({
      ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
      ...{
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      },
      ...{ id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'] },
      ...{ code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true },
      ...crooked.metadata,
    })
  if (request.url === '/keys')
    return json({
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }],
    })
  if (request.url === '/token') {
    await text(request)
    return json({ access_token: 'opaque', token_type: 'Bearer', id_token: idToken(crooked) })
  }
  response.writeHead(404).end()
}

function idToken({ issuer, claims, signs }: CrookedProvider): string {
  const now = Math.floor(Date.now() / 1_000)
  const honest = { iss: issuer, aud: CLIENT.id, sub: 'alice', iat: now, exp: now + 300, auth_time: now }
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { alg } = signs('')
  const input = `${part({ alg, kid: KEY_ID, typ: 'JWT' })}.${part({ ...honest, ...claims })}`
  return `${input}.${signs(input).signature}`
}
