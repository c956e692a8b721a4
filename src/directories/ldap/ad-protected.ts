import type { Account } from '../../account.ts'
import type { LdapConfig } from './config.ts'
import { type Entry, numberOf, textOf } from './entry.ts'
import { isSameDn, memberOfProtected } from './protected.ts'

/** Administrator and krbtgt (MS-DTYP 2.4.2.4). */
const ACCOUNT_RIDS = [500, 502]

/** Administrators, and the operators of accounts, servers, printing, backup and replication (decisions 4.3). */
const BUILTIN_RIDS = [544, 548, 549, 550, 551, 552]

/** Domain, schema and enterprise administrators, domain controllers, read-only ones, key administrators. */
const DOMAIN_RIDS = [512, 516, 518, 519, 521, 526, 527]

/**
 * Why this account is never written. Samba sets no adminCount and inherits rights to administrators, so what the
 * token says counts; a left-over adminCount=1 counts as well, and is named as such.
 */
export function adProtection(
  entry: Entry,
  sid: string | null,
  token: readonly string[],
  groups: readonly string[],
  config: LdapConfig,
): Pick<Account, 'protectedBecause' | 'privileged'> {
  const because = reasonOf(entry, sid, token, groups, config)
  return { protectedBecause: because, privileged: because !== null }
}

function reasonOf(
  entry: Entry,
  sid: string | null,
  token: readonly string[],
  groups: readonly string[],
  config: LdapConfig,
): string | null {
  if (isService(entry, config)) return 'the service account itself'
  if (sid === null || token.length === 0) return 'its groups may not be read'
  if (ACCOUNT_RIDS.includes(ridOf(sid))) return `a built-in account (RID ${ridOf(sid)})`
  const privileged = token.find(isPrivilegedGroup)
  if (privileged !== undefined) return `member of a privileged group (${privileged})`
  const named = memberOfProtected(groups, config.protectedGroups)
  if (named !== null) return `member of ${named}`
  return numberOf(entry, 'adminCount') === 1 ? 'adminCount is 1, perhaps left over' : null
}

export const isPrivilegedGroup = (sid: string): boolean =>
  sid.startsWith('S-1-5-32-')
    ? BUILTIN_RIDS.includes(ridOf(sid))
    : sid.startsWith('S-1-5-21-') && DOMAIN_RIDS.includes(ridOf(sid))

const ridOf = (sid: string): number => Number(sid.slice(sid.lastIndexOf('-') + 1))

/** The service account may bind by DN, by UPN or as DOMAIN\name. */
function isService(entry: Entry, { bindDn, netbios }: LdapConfig): boolean {
  const account = textOf(entry, 'sAMAccountName') ?? ''
  const spellings = [textOf(entry, 'userPrincipalName') ?? '', ...(netbios ? [`${netbios}\\${account}`] : [])]
  const plain = bindDn.toLowerCase()
  return isSameDn(entry.dn, bindDn) || spellings.some(each => each.toLowerCase() === plain)
}
