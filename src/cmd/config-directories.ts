import type { LdapAttributes } from '../directories/ldap/config.ts'
import type { ConfigFiles } from './config-files.ts'
import type { RawDirectory } from './config-schema.ts'
import { malformedKey, missingKey } from './config-sentences.ts'
import type { DirectoryConfig } from './config-types.ts'

const LDAP_ONLY = [
  'hosts',
  'ca_file',
  'servername',
  'bind_dn',
  'bind_password_file',
  'base',
  'netbios',
  'own_domains',
  'attributes',
  'protected_groups',
  'user_filter',
  'policy_dn',
] as const satisfies readonly (keyof RawDirectory)[]

const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i
const HOST = /^(ldaps?:\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?|srv:_[a-z0-9_-]+\._tcp\.[a-z0-9.-]+)$/i

/** The directories in the order they are asked in; what is wrong with them goes to `files.mistakes`. */
export function readDirectories(raw: readonly RawDirectory[], files: ConfigFiles): DirectoryConfig[] {
  const names = raw.map(directory => directory.name)
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) < i)
      files.mistakes.push(`directories[${i}].name is taken: ${name} stands there twice.`)
  }
  if (raw.filter(directory => directory.kind === 'builtin').length > 1) {
    files.mistakes.push('directories may name one directory of the kind builtin, not more.')
  }
  return raw.map((directory, i) => readDirectory(directory, i, files))
}

function readDirectory(raw: RawDirectory, i: number, files: ConfigFiles): DirectoryConfig {
  const at = ['directories', i] as const
  const domains = raw.domains ?? []
  const ownDomains = raw.own_domains ?? domains
  for (const key of ['domains', 'own_domains'] as const) {
    if (raw[key]?.some(domain => !DOMAIN.test(domain))) files.mistakes.push(malformedKey([...at, key]))
  }
  if (raw.kind === 'builtin') {
    for (const key of LDAP_ONLY) {
      if (raw[key] !== undefined)
        files.mistakes.push(`directories[${i}].${key} has no meaning for the kind builtin.`)
    }
    return { name: raw.name, kind: 'builtin', domains }
  }
  for (const key of ['hosts', 'bind_dn', 'bind_password_file', 'base'] as const) {
    if (raw[key] === undefined) files.mistakes.push(missingKey([...at, key]))
  }
  if (raw.hosts?.some(host => !HOST.test(host))) files.mistakes.push(malformedKey([...at, 'hosts']))
  return readLdap(raw, { ...raw, kind: raw.kind, domains, ownDomains }, `directories[${i}]`, files)
}

function readLdap(
  raw: RawDirectory,
  checked: {
    kind: Exclude<RawDirectory['kind'], 'builtin'>
    domains: readonly string[]
    ownDomains: readonly string[]
  },
  at: string,
  files: ConfigFiles,
): DirectoryConfig {
  const { kind, domains, ownDomains } = checked
  return {
    name: raw.name,
    kind,
    hosts: raw.hosts ?? [],
    ca: raw.ca_file === undefined ? undefined : files.certificates(`${at}.ca_file`, raw.ca_file),
    servername: raw.servername,
    bindDn: raw.bind_dn ?? '',
    bindPassword:
      raw.bind_password_file === undefined
        ? ''
        : files.secret(`${at}.bind_password_file`, raw.bind_password_file),
    base: raw.base ?? '',
    domains,
    netbios: raw.netbios,
    ownDomains,
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
