import { activeDirectory } from './active-directory.ts'
import type { LdapKind } from './config.ts'
import { openldap } from './openldap.ts'
import type { Profile } from './profile.ts'

const PROFILES: Partial<Record<LdapKind, Profile>> = { openldap, 'active-directory': activeDirectory }

export const profileOf = (kind: LdapKind): Profile => PROFILES[kind] ?? openldap
