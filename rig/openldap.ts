// How a deployment file would describe the test slapd.
import type { LdapConfig } from '../src/directories/ldap.ts'
import type { Slapd } from './slapd.ts'

export const configOf = (slapd: Slapd, host: string): LdapConfig => ({
  name: 'staff',
  kind: 'openldap',
  hosts: [host],
  ca: slapd.ca,
  bindDn: slapd.bindDn,
  bindPassword: slapd.bindPassword,
  base: slapd.base,
  domains: ['example.test'],
  ownDomains: ['example.test'],
  protectedGroups: [],
})
