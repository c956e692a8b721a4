export type LdapKind = 'active-directory' | 'openldap' | '389ds' | 'freeipa'

/** Which attributes are read for what; several are asked in order. */
export type LdapAttributes = {
  readonly login: readonly string[]
  /** The bare account name, without a domain. */
  readonly accountName: readonly string[]
  readonly mail: readonly string[]
  readonly recoveryEmail: readonly string[]
  readonly displayName: readonly string[]
  readonly names: readonly string[]
  readonly locale: readonly string[]
}

/** Plain data; the deployment file maps to it (decisions 7.3). */
export type LdapConfig = {
  readonly name: string
  readonly kind: LdapKind
  /** `ldaps://host:port`; `ldap://host:port`, where StartTLS must succeed; `srv:_ldap._tcp.example.test`. */
  readonly hosts: readonly string[]
  /** PEM. A private authority, in place of those of the system. There is no switch that skips the check. */
  readonly ca?: string | undefined
  /** The name that must stand in the certificate, where it is not the host's. */
  readonly servername?: string | undefined
  readonly bindDn: string
  readonly bindPassword: string
  readonly base: string
  readonly domains: readonly string[]
  readonly netbios?: string | undefined
  /** Addresses in these domains are no contacts. */
  readonly ownDomains: readonly string[]
  readonly attributes?: Partial<LdapAttributes> | undefined
  /** DN, name or SID: members, nested too, are never written. */
  readonly protectedGroups: readonly string[]
  /** One more condition that an account must meet (RFC 4515). */
  readonly userFilter?: string | undefined
  /** DN of the default password policy; found by itself where there is exactly one (not Active Directory). */
  readonly policyDn?: string | undefined
}

/** Notes for operators: codes and servers, never a login, a DN or a password. */
export type LdapLog = (event: string, detail: Readonly<Record<string, string | number | boolean>>) => void
