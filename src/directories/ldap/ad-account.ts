import type { Account } from '../../account.ts'
import type { Instant } from '../../lib/clock.ts'
import { namesOfGroups, tokenGroups } from './ad-groups.ts'
import { type AdPolicy, policyOf } from './ad-policy.ts'
import { adProtection } from './ad-protected.ts'
import { sidText } from './binary-ids.ts'
import type { Connection } from './connection.ts'
import { POLICY_HINTS } from './controls.ts'
import { bigOf, bytesOf, type Entry, numberOf, textOf } from './entry.ts'
import type { Context, Facts } from './profile.ts'
import type { RootDse } from './root-dse.ts'
import { fromFileTime } from './time.ts'

export const AD_ATTRIBUTES = [
  'objectSid',
  'userAccountControl',
  'msDS-User-Account-Control-Computed',
  'msDS-ResultantPSO',
  'lockoutTime',
  'accountExpires',
  'pwdLastSet',
  'adminCount',
  'uSNChanged',
]

/** MS-ADTS 2.2.16 and 3.1.1.4.5.17. */
const DISABLED = 0x2
const LOCKED = 0x10

export async function adFacts(connection: Connection, entry: Entry, context: Context): Promise<Facts> {
  const now = context.clock.now()
  const sid = sidText(bytesOf(entry, 'objectSid')[0])
  const token = await tokenGroups(connection, entry, context)
  const groups = await namesOfGroups(connection, token, context)
  const policy = await policyOf(connection, entry, context)
  const changedAt = fromFileTime(bigOf(entry, 'pwdLastSet'))
  return {
    status: statusOf(entry, now),
    locked: isLocked(entry),
    lockedForGood: false,
    mustChange: bigOf(entry, 'pwdLastSet') === 0n,
    groups,
    ...adProtection(entry, sid, token, groups, context.config),
    passwordChangedAt: changedAt,
    tooYoungUntil: hintsOf(connection.root) === null ? null : youngUntil(changedAt, policy, now),
    rules: policy?.rules ?? null,
    lockoutThreshold: policy?.lockoutThreshold ?? null,
    mark: JSON.stringify({
      server: connection.host.url,
      changed: textOf(entry, 'pwdLastSet') ?? '',
      last: textOf(entry, 'uSNChanged') ?? '',
    }),
  }
}

/** The newer control for policy hints that this server announces; null: none, and a reset ignores the history. */
export const hintsOf = (root: RootDse | null): string | null =>
  POLICY_HINTS.find(type => root?.controls.includes(type)) ?? null

/** A change is too early before this moment; a reset is only where policy hints are enforced. */
export function youngUntil(changedAt: Instant | null, policy: AdPolicy | null, now: Instant): Instant | null {
  const until = changedAt === null || !policy ? null : changedAt + policy.minAgeMs
  return until !== null && until > now ? until : null
}

/** What may not be read is taken for disabled: nothing is written blindly. */
function statusOf(entry: Entry, now: Instant): Account['status'] {
  const control = numberOf(entry, 'userAccountControl')
  if (control === null || (control & DISABLED) !== 0) return 'disabled'
  const end = fromFileTime(bigOf(entry, 'accountExpires'))
  return end !== null && end <= now ? 'expired' : 'active'
}

/** The computed bits know of the lockout's duration; lockoutTime alone does not. */
function isLocked(entry: Entry): boolean {
  const computed = numberOf(entry, 'msDS-User-Account-Control-Computed')
  return computed === null ? (bigOf(entry, 'lockoutTime') ?? 0n) > 0n : (computed & LOCKED) !== 0
}
