import { activeDirectory } from './active-directory.ts'
import type { LdapKind } from './config.ts'
import { ds389 } from './ds389.ts'
import { freeipa } from './freeipa.ts'
import { openldap } from './openldap.ts'
import type { Profile } from './profile.ts'

export const PROFILES: Readonly<Record<LdapKind, Profile>> = {
  openldap,
  'active-directory': activeDirectory,
  '389ds': ds389,
  freeipa,
}
