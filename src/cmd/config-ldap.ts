import type { LdapAttributes, LdapConfig, LdapKind } from '../directories/ldap/config.ts'
import type { ConfigFiles } from './config-files.ts'
import type { RawDirectory } from './config-schema.ts'
import { malformedKey, missingKey, spellKey } from './config-sentences.ts'

const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i
const HOST = /^(ldaps?:\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?|srv:_[a-z0-9_-]+\._tcp\.[a-z0-9.-]+)$/i

type Place = readonly (string | number)[]

/** What is malformed in it goes to `files.mistakes`. */
export function readDomains(raw: RawDirectory, at: Place, files: ConfigFiles): readonly string[] {
  for (const key of ['domains', 'own_domains'] as const) {
    if (raw[key]?.some(domain => !DOMAIN.test(domain))) files.mistakes.push(malformedKey([...at, key]))
  }
  return raw.domains ?? []
}

/** One directory that speaks LDAP, as a server and an agent have it in their files; `at` is where it stands. */
export function readLdap(
  raw: RawDirectory & { readonly kind: LdapKind },
  at: Place,
  files: ConfigFiles,
): LdapConfig {
  const domains = readDomains(raw, at, files)
  for (const key of ['hosts', 'bind_dn', 'bind_password_file', 'base'] as const) {
    if (raw[key] === undefined) files.mistakes.push(missingKey([...at, key]))
  }
  if (raw.hosts?.some(host => !HOST.test(host))) files.mistakes.push(malformedKey([...at, 'hosts']))
  const key = (name: string): string => spellKey([...at, name])
  const { ca_file: ca, bind_password_file: password } = raw
  return {
    name: raw.name,
    kind: raw.kind,
    hosts: raw.hosts ?? [],
    ca: ca === undefined ? undefined : files.certificates(key('ca_file'), ca),
    servername: raw.servername,
    bindDn: raw.bind_dn ?? '',
    bindPassword: password === undefined ? '' : files.secret(key('bind_password_file'), password),
    base: raw.base ?? '',
    domains,
    netbios: raw.netbios,
    ownDomains: raw.own_domains ?? domains,
    attributes: readAttributes(raw.attributes),
    protectedGroups: raw.protected_groups ?? [],
    userFilter: raw.user_filter,
    policyDn: raw.policy_dn,
  }
}

function readAttributes(raw: RawDirectory['attributes']): Partial<LdapAttributes> | undefined {
  if (!raw) return undefined
  const { account_name, recovery_email, display_name, login, mail, names, locale } = raw
  return Object.fromEntries(
    Object.entries({
      login,
      accountName: account_name,
      mail,
      recoveryEmail: recovery_email,
      displayName: display_name,
      names,
      locale,
    }).filter(([, value]) => value !== undefined),
  )
}
