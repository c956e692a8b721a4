import type { ConfigFiles } from './config-files.ts'
import { readDomains, readLdap } from './config-ldap.ts'
import type { RawDirectory } from './config-schema.ts'
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
  const { name, kind } = raw
  if (kind !== 'builtin' && kind !== 'agent') return readLdap({ ...raw, kind }, at, files)
  for (const key of LDAP_ONLY) {
    if (raw[key] === undefined) continue
    const where = kind === 'agent' ? ': it stands in the file of the agent' : ''
    files.mistakes.push(`directories[${i}].${key} has no meaning for the kind ${kind}${where}.`)
  }
  return { name, kind, domains: readDomains(raw, at, files) }
}
