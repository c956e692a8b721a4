// A real OpenID provider over TLS on loopback, whose people are those that a test names, and somebody who signs in there
// by hand: follows redirects, keeps cookies, fills in the form.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider'
import type { OpenIdConnect } from '../src/identity-providers/openid-connect.ts'
import { tempFolder } from './child.ts'
import { makePki } from './pki.ts'

/** What the provider says of somebody, by their name there. */
export type OidcPeople = Readonly<Record<string, Readonly<Record<string, string>>>>

export type OidcProvider = {
  readonly issuer: string
  /** How the product is pointed at it. */
  readonly config: OpenIdConnect
  readonly caFile: string
  /** The address where the browser is sent back to, after `login` signed in there. `amr`: how, separated by spaces. */
  signIn(address: string, login: string, amr?: string): Promise<string>
  stop(): Promise<void>
}

export const CLIENT = { id: 'postern', secret: 'what only the provider and Postern know' } as const
/** Claims beside `sub` that the provider hands out. */
const CLAIMS = ['oid', 'tid', 'employee_number', 'email', 'amr']

export async function startOidcProvider(redirectUri: string, people: OidcPeople): Promise<OidcProvider> {
  const folder = tempFolder('oidc')
  const pki = makePki(join(folder.path, 'pki'), '127.0.0.1', ['localhost'])
  const server = createServer({ cert: readFileSync(pki.cert), key: readFileSync(pki.key) })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on TCP
  const issuer = `https://localhost:${port}`
  const provider = new Provider(issuer, configurationOf(redirectUri, people))
  const answer = provider.callback()
  server.on('request', (asked: IncomingMessage, answered: ServerResponse) =>
    asked.url?.startsWith('/interaction/')
      ? void interact(provider, asked, answered)
      : void answer(asked, answered),
  )
  const ca = readFileSync(pki.ca, 'utf8')
  return {
    issuer,
    config: {
      ...{ issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUri, ca },
      ...{ scopes: ['openid'], claim: 'employee_number', tenant: null, acr: [] },
    },
    caFile: pki.ca,
    signIn: (address, login, amr = 'pwd') => signIn(address, new Map(), ca, { login, amr }),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
        folder.remove()
      }),
  }
}

function configurationOf(redirectUri: string, people: OidcPeople): Configuration {
  const policy = interactionPolicy.base()
  // A native application is one for the sake of its address alone.
  policy.get('consent')?.checks.remove('native_client_prompt')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    clients: [
      {
        ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] },
        // Else the portal of a test, which has no TLS, would be no place to come back to.
        ...(redirectUri.startsWith('http:') ? { application_type: 'native' as const } : {}),
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] } as never, // as: its type names each member of a key
    cookies: { keys: ['of the rig'] },
    claims: { acr: null, auth_time: null, iss: null, openid: ['sub', ...CLAIMS] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url: (_context, { uid }) => `/interaction/${uid}` },
    ttl: { Interaction: 600, Grant: 600, Session: 600 },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people[sub] }) }),
    // The organisation's own application: nobody is asked whether it may know who they are.
    loadExistingGrant: async context => {
      const { client, session } = context.oidc
      const grant = new context.oidc.provider.Grant({
        ...(client ? { clientId: client.clientId } : {}),
        ...(session?.accountId === undefined ? {} : { accountId: session.accountId }),
      })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
  }
}

const PAGE = `<!doctype html><html lang="en"><title>Sign in</title><h1>Example sign-in</h1><form method="post">
<label>Name <input name="login"></label><label>How <input name="amr" value="pwd"></label>
<button>Sign in</button><button name="cancel" value="yes">Cancel</button></form></html>`

async function interact(provider: Provider, asked: IncomingMessage, answered: ServerResponse): Promise<void> {
  if (asked.method === 'GET') return void answered.setHeader('content-type', 'text/html').end(PAGE)
  const fields = new URLSearchParams(await text(asked))
  const result = fields.has('cancel')
    ? { error: 'access_denied', error_description: 'cancelled' }
    : {
        login: {
          accountId: fields.get('login') ?? '',
          amr: (fields.get('amr') ?? '').split(' ').filter(Boolean),
        },
      }
  await provider.interactionFinished(asked, answered, result)
}

type Filled = { readonly login: string; readonly amr: string }

async function signIn(
  address: string,
  cookies: Map<string, string>,
  ca: string,
  filled: Filled,
): Promise<string> {
  const { host } = new URL(address)
  let next = address
  for (let hops = 0; hops < 10; hops++) {
    const isForm = new URL(next).pathname.startsWith('/interaction/')
    const fields = filled.login === '' ? { cancel: 'yes' } : filled
    const location = await hop(next, cookies, ca, isForm ? new URLSearchParams(fields).toString() : null)
    next = new URL(location, next).href
    if (new URL(next).host !== host) return next
  }
  throw new Error(`the provider does not send anybody back, but to ${next}`)
}

function hop(
  address: string,
  cookies: Map<string, string>,
  ca: string,
  form: string | null,
): Promise<string> {
  const headers = {
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  return new Promise((resolve, reject) => {
    request(address, { ca, headers, method: form === null ? 'GET' : 'POST' })
      .on('response', async (response: IncomingMessage) => {
        for (const line of response.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          cookies.set(name, value)
        }
        const body = await text(response)
        const { location } = response.headers
        if (location === undefined)
          reject(new Error(`${address}: ${response.statusCode} ${body.slice(0, 300)}`))
        else resolve(location)
      })
      .on('error', reject)
      .end(form ?? undefined)
  })
}
