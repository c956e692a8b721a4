import { type Account, foldGroupName } from '../../account.ts'
import type { LdapConfig } from './config.ts'
import type { Entry } from './entry.ts'

type Protection = Pick<Account, 'protectedBecause' | 'privileged'>

/** Outside Active Directory: our own account, and members of the groups that the operator named (decisions 4.3). */
export function protection(
  entry: Entry,
  groups: readonly string[],
  complete: boolean,
  config: LdapConfig,
): Protection {
  if (isSameDn(entry.dn, config.bindDn))
    return { protectedBecause: 'the service account itself', privileged: true }
  const group = memberOfProtected(groups, config.protectedGroups)
  if (group !== null) return { protectedBecause: `member of ${group}`, privileged: true }
  if (!complete && config.protectedGroups.length > 0)
    return { protectedBecause: 'in more groups than were read', privileged: true }
  return { protectedBecause: null, privileged: false }
}

/** A group is named by DN, name or SID, whatever the case of its letters. */
export function memberOfProtected(groups: readonly string[], named: readonly string[]): string | null {
  const mine = new Set(groups.map(foldGroupName))
  return named.find(group => mine.has(foldGroupName(group))) ?? null
}

export const isSameDn = (a: string, b: string): boolean => foldGroupName(a) === foldGroupName(b)
