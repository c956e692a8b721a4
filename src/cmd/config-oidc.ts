import { isForbiddenHost } from '../lib/outbound.ts'
import type { ConfigFiles } from './config-files.ts'
import type { RawDeployment, RawDirectory } from './config-schema.ts'
import { malformedKey, missingKey } from './config-sentences.ts'
import type { OidcConfig } from './config-types.ts'

/** Mailboxes and names are given to other people one day; an account is never found by them (decisions 3.5). */
const REUSED_CLAIMS = [
  'email',
  'upn',
  'preferred_username',
  'unique_name',
  'name',
  'nickname',
  'phone_number',
]
const REUSED_ATTRIBUTES = [
  ...['mail', 'proxyaddresses', 'userprincipalname', 'samaccountname', 'uid', 'cn', 'sn', 'displayname'],
  ...['givenname', 'telephonenumber', 'mobile', 'krbprincipalname', 'login', 'othermailbox'],
]
/** Entra's issuers of any tenant: whose `tid` it would be nobody could say. */
const ANY_TENANT = /^\/(common|organizations|consumers)\//

/** What is wrong with it goes to `files.mistakes`. Null: nobody signs in by OpenID Connect. */
export function readOidc(raw: RawDeployment, files: ConfigFiles): OidcConfig | null {
  const { oidc } = raw
  if (!oidc) return null
  for (const key of ['issuer', 'client_id', 'attribute'] as const) {
    if (oidc[key] === undefined) files.mistakes.push(missingKey(['oidc', key]))
  }
  const { claim = 'sub', tenant, ca_file: caFile, client_secret_file: secretFile } = oidc
  checkIssuer(oidc.issuer, raw.outbound?.allow_private ?? [], files)
  if (REUSED_CLAIMS.includes(claim.toLowerCase()))
    files.mistakes.push(`oidc.claim is ${claim}, which may become somebody else's: name one that never does.`)
  if (claim === 'oid' && tenant === undefined)
    files.mistakes.push('oidc.tenant is missing: the claim oid is unique within one tenant only.')
  const directory = readDirectory(oidc.directory, raw.directories ?? [], files)
  if (oidc.attribute !== undefined) checkAttribute(oidc.attribute, directory, files)
  return {
    issuer: oidc.issuer ?? '',
    clientId: oidc.client_id ?? '',
    clientSecret: secretFile === undefined ? null : files.secret('oidc.client_secret_file', secretFile),
    claim,
    tenant: tenant ?? null,
    scopes: oidc.scopes ?? (claim === 'oid' ? ['openid', 'profile'] : ['openid']),
    acr: oidc.second_factor_acr ?? [],
    directory: directory?.name ?? '',
    attribute: oidc.attribute ?? '',
    ca: caFile === undefined ? undefined : files.certificates('oidc.ca_file', caFile),
    only: oidc.only ?? false,
  }
}

function checkIssuer(text: string | undefined, allowPrivate: readonly string[], files: ConfigFiles): void {
  if (text === undefined) return
  const url = URL.canParse(text) ? new URL(text) : null
  const isBare = url && !url.search && !url.hash && !url.username && !url.password
  if (!isBare || url.protocol !== 'https:' || url.pathname.includes('/.well-known/'))
    files.mistakes.push(malformedKey(['oidc', 'issuer']))
  else if (isForbiddenHost(url.hostname, allowPrivate))
    files.mistakes.push(
      `oidc.issuer leads to the private address ${url.hostname}, which outbound.allow_private does not name.`,
    )
  else if (ANY_TENANT.test(url.pathname))
    files.mistakes.push('oidc.issuer is of every tenant: put the id of your own in its place.')
}

function readDirectory(
  name: string | undefined,
  directories: readonly RawDirectory[],
  files: ConfigFiles,
): RawDirectory | null {
  const [first] = directories
  if (name === undefined && first && directories.length === 1) return first
  if (name === undefined) files.mistakes.push(missingKey(['oidc', 'directory']))
  const found = directories.find(directory => directory.name === name)
  if (name !== undefined && !found)
    files.mistakes.push(`oidc.directory is ${name}, and no directory has this name.`)
  return found ?? null
}

function checkAttribute(attribute: string, directory: RawDirectory | null, files: ConfigFiles): void {
  const say = (why: string) => files.mistakes.push(`oidc.attribute is ${attribute}, ${why}`)
  if (REUSED_ATTRIBUTES.includes(attribute.toLowerCase()))
    say("whose value may become somebody else's: name one that never changes.")
  else if (directory?.kind === 'builtin' && attribute !== 'id')
    say('but people of the kind builtin are found by id alone.')
}
