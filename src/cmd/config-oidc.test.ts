import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withEnvironment } from './config-env.ts'
import { ConfigFiles } from './config-files.ts'
import { readOidc } from './config-oidc.ts'
import { deploymentSchema } from './config-schema.ts'
import { sentencesFor } from './config-sentences.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-oidc-'))
beforeAll(() => writeFileSync(join(folder, 'secret'), 'the secret of the client\n', { mode: 0o600 }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TENANT = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'
const KEYCLOAK = {
  issuer: 'https://login.example.org/realms/example',
  client_id: 'postern',
  client_secret_file: 'secret',
  claim: 'employee_id',
  attribute: 'employeeNumber',
}
const ENTRA = {
  ...{ issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`, client_id: TENANT, claim: 'onprem_sid' },
  ...{ tenant: TENANT, attribute: 'objectSid', directory: 'ad' },
}
const AD = { name: 'ad', kind: 'active-directory' } as const

function read(oidc: unknown, more: object = {}, env: Readonly<Record<string, string>> = {}) {
  const files = new ConfigFiles(folder)
  const document = withEnvironment(deploymentSchema, { directories: [AD], oidc, ...more }, env)
  const parsed = deploymentSchema.safeParse(document, { reportInput: true })
  if (!parsed.success) return { oidc: null, mistakes: sentencesFor(parsed.error, []) }
  return { oidc: readOidc(parsed.data, files), mistakes: files.mistakes }
}

test('without a word nobody is sent anywhere', () => {
  expect(read(undefined)).toEqual({ oidc: null, mistakes: [] })
})

test('a Keycloak realm and an Entra tenant', () => {
  expect(read(KEYCLOAK)).toEqual({
    oidc: {
      ...{ issuer: KEYCLOAK.issuer, clientId: 'postern', clientSecret: 'the secret of the client' },
      ...{ claim: 'employee_id', tenant: null, scopes: ['openid'], acr: [], directory: 'ad' },
      ...{ attribute: 'employeeNumber', ca: undefined, only: false },
    },
    mistakes: [],
  })
  expect(read(ENTRA)).toMatchObject({ oidc: { clientSecret: null, tenant: TENANT }, mistakes: [] })
  const oid = read({ ...ENTRA, claim: 'oid', attribute: 'employeeID' })
  expect(oid).toMatchObject({ oidc: { scopes: ['openid', 'profile'] }, mistakes: [] })
})

test('every key can come from the environment', () => {
  const env = {
    ...{ POSTERN_OIDC_ISSUER: KEYCLOAK.issuer, POSTERN_OIDC_CLIENT_ID: 'postern', POSTERN_OIDC_ONLY: 'true' },
    ...{ POSTERN_OIDC_ATTRIBUTE: 'employeeID', POSTERN_OIDC_SCOPES: 'openid,staff' },
  }
  expect(read(undefined, {}, env)).toMatchObject({
    oidc: { only: true, attribute: 'employeeID', scopes: ['openid', 'staff'], claim: 'sub' },
    mistakes: [],
  })
})

const mistakes: readonly (readonly [string, object, RegExp, object?])[] = [
  [
    'no issuer',
    { issuer: undefined },
    /^oidc\.issuer is missing: the address that the provider calls itself/,
  ],
  ['an issuer without TLS', { issuer: 'http://login.example.org' }, /^oidc\.issuer is not what is expected/],
  [
    'the document in place of the issuer',
    { issuer: `${KEYCLOAK.issuer}/.well-known/openid-configuration` },
    /^oidc\.issuer is not what is expected/,
  ],
  [
    'a private address',
    { issuer: 'https://10.0.0.7' },
    /^oidc\.issuer leads to the private address 10\.0\.0\.7/,
  ],
  [
    'a tenant that is any tenant',
    { issuer: 'https://login.microsoftonline.com/common/v2.0' },
    /^oidc\.issuer is of every tenant/,
  ],
  ['no client', { client_id: undefined }, /^oidc\.client_id is missing/],
  ['a secret file that is not there', { client_secret_file: 'none' }, /^oidc\.client_secret_file names/],
  ['the secret itself', { client_secret: 'x' }, /^oidc\.client_secret is not a key that Postern knows/],
  ['the address as the claim', { claim: 'email' }, /^oidc\.claim is email, which may become somebody else's/],
  ['the UPN as the claim', { claim: 'upn' }, /^oidc\.claim is upn, which/],
  ['an oid without its tenant', { claim: 'oid' }, /^oidc\.tenant is missing/],
  ['a tenant by name', { tenant: 'contoso.com' }, /^oidc\.tenant is not what .* the id of the tenant/],
  ['no attribute', { attribute: undefined }, /^oidc\.attribute is missing: the attribute that holds/],
  ['the address as the attribute', { attribute: 'mail' }, /^oidc\.attribute is mail, whose value may/],
  [
    'the UPN as the attribute',
    { attribute: 'userPrincipalName' },
    /^oidc\.attribute is userPrincipalName, whose/,
  ],
  ['an attribute that is a filter', { attribute: 'a)(b=*' }, /^oidc\.attribute is not what/],
  ['scopes without openid', { scopes: ['profile'] }, /^oidc\.scopes is not what .* holds openid/],
  ['an unknown directory', { directory: 'nowhere' }, /^oidc\.directory is nowhere, and no directory has/],
  [
    'several directories and no word which',
    {},
    /^oidc\.directory is missing/,
    { directories: [AD, { name: 'b', kind: 'builtin' }] },
  ],
  [
    'an attribute of people of our own',
    {},
    /^oidc\.attribute is employeeNumber, but people of the kind builtin are found by id/,
    { directories: [{ name: 'b', kind: 'builtin' }] },
  ],
  ['an only that is neither', { only: 'perhaps' }, /^oidc\.only is not what .* true or false/],
]
test.each(mistakes.map(([what, change, sentence, more = {}]) => ({ what, change, sentence, more })))(
  '$what is told in a sentence',
  ({ change, sentence, more }) => {
    expect(read({ ...KEYCLOAK, ...change }, more).mistakes).toEqual([expect.stringMatching(sentence)])
  },
)

test('a private address is taken where it is allowed by name, and ids where people are our own', () => {
  const outbound = { allow_private: ['10.0.0.7'] }
  expect(read({ ...KEYCLOAK, issuer: 'https://10.0.0.7' }, { outbound }).mistakes).toEqual([])
  const directories = [{ name: 'b', kind: 'builtin' }]
  expect(read({ ...KEYCLOAK, attribute: 'id' }, { directories }).mistakes).toEqual([])
})
