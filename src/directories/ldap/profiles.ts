import type { LdapKind } from './config.ts'
import { openldap } from './openldap.ts'
import type { Profile } from './profile.ts'

const PROFILES: Partial<Record<LdapKind, Profile>> = { openldap }

export const profileOf = (kind: LdapKind): Profile => PROFILES[kind] ?? openldap
