import type { Rule } from '../../account.ts'
import { type Instant, seconds } from '../../lib/clock.ts'
import type { Connection } from './connection.ts'
import { PASSWORD_POLICY } from './controls.ts'
import { type Entry, isTrue, numberOf, textOf } from './entry.ts'
import { equals } from './filter.ts'
import { markOf } from './mark.ts'
import { memberGroups } from './member-groups.ts'
import type { Context, Facts } from './profile.ts'
import { protection } from './protected.ts'
import { fromGeneralizedTime } from './time.ts'

/** Operational attributes of slapo-ppolicy(5), and of shadowAccount. */
export const PPOLICY_ATTRIBUTES = [
  'pwdChangedTime',
  'pwdAccountLockedTime',
  'pwdReset',
  'pwdPolicySubentry',
  'pwdStartTime',
  'pwdEndTime',
  'shadowExpire',
  'entryCSN',
  'modifiersName',
  'memberOf',
  'uid',
]

/** Locked by an administrator for good (slapo-ppolicy(5), pwdAccountLockedTime). */
const FOR_GOOD = '000001010000Z'

/** What one pwdPolicy entry says; `null`: a policy applies that cannot be read. */
export type Policy = {
  readonly rules: readonly Rule[]
  readonly minAgeMs: number
  readonly lockoutThreshold: number | null
  /** 0: until an administrator unlocks. */
  readonly lockoutMs: number
  readonly safeModify: boolean
}

export async function ppolicyFacts(connection: Connection, entry: Entry, context: Context): Promise<Facts> {
  const now = context.clock.now()
  const policy = await policyOf(connection, entry, context)
  const { groups, complete } = await memberGroups(connection, entry, context)
  const changedAt = fromGeneralizedTime(textOf(entry, 'pwdChangedTime'))
  const young = changedAt === null || !policy ? null : changedAt + policy.minAgeMs
  return {
    status: hasEnded(entry, now) ? 'expired' : 'active',
    ...lockOf(entry, policy, now),
    mustChange: isTrue(entry, 'pwdReset'),
    groups,
    ...protection(entry, groups, complete, context.config),
    passwordChangedAt: changedAt,
    tooYoungUntil: young !== null && young > now && !isTrue(entry, 'pwdReset') ? young : null,
    rules: policy?.rules ?? null,
    lockoutThreshold: policy?.lockoutThreshold ?? null,
    mark: markOf(connection, entry, context.config.bindDn, {
      changed: 'pwdChangedTime',
      last: 'entryCSN',
      noted: connection.root.controls.includes(PASSWORD_POLICY),
    }),
  }
}

/** pwdEndTime and pwdStartTime (behera draft 10), and the older shadowExpire in days since 1970. */
function hasEnded(entry: Entry, now: Instant): boolean {
  const end = fromGeneralizedTime(textOf(entry, 'pwdEndTime'))
  const start = fromGeneralizedTime(textOf(entry, 'pwdStartTime'))
  const days = numberOf(entry, 'shadowExpire') ?? -1
  return (
    (end !== null && end <= now) || (start !== null && start > now) || (days > 0 && days * 86_400_000 <= now)
  )
}

function lockOf(entry: Entry, policy: Policy | null, now: Instant) {
  const since = textOf(entry, 'pwdAccountLockedTime')
  if (since === FOR_GOOD) return { locked: true, lockedForGood: true }
  const at = fromGeneralizedTime(since)
  const over = at !== null && policy !== null && policy.lockoutMs > 0 && at + policy.lockoutMs <= now
  return { locked: since !== null && !over, lockedForGood: false }
}

/** The policy of this entry, else the default one. No control announced: no policy, and so no rules. */
export async function policyOf(
  connection: Connection,
  entry: Entry,
  context: Context,
): Promise<Policy | null> {
  if (!connection.root.controls.includes(PASSWORD_POLICY)) return NO_POLICY
  const dn = textOf(entry, 'pwdPolicySubentry') ?? context.config.policyDn
  const { base } = context.config
  const found = await connection.search(
    {
      base: dn ?? base,
      scope: dn === undefined ? 'sub' : 'base',
      filter: equals('objectClass', 'pwdPolicy'),
      attributes: POLICY_ATTRIBUTES,
      size: 2,
    },
    context.signal,
  )
  // Of two policies nobody tells which is the default.
  return found.length === 1 && found[0] ? readPolicy(found[0]) : null
}

const POLICY_ATTRIBUTES = [
  'pwdMinLength',
  'pwdMaxLength',
  'pwdInHistory',
  'pwdMinAge',
  'pwdMaxFailure',
  'pwdLockout',
  'pwdLockoutDuration',
  'pwdSafeModify',
]

const NO_POLICY: Policy = { rules: [], minAgeMs: 0, lockoutThreshold: null, lockoutMs: 0, safeModify: false }

export function readPolicy(entry: Entry): Policy {
  const value = (name: string): number => numberOf(entry, name) ?? 0
  const minAgeMs = seconds(value('pwdMinAge'))
  const rules = [
    { name: 'min_length', value: value('pwdMinLength') },
    { name: 'max_length', value: value('pwdMaxLength') },
    { name: 'history', value: value('pwdInHistory') },
    { name: 'min_age_ms', value: minAgeMs },
  ] as const
  return {
    rules: rules.filter(rule => rule.value > 0),
    minAgeMs,
    lockoutThreshold: isTrue(entry, 'pwdLockout') ? value('pwdMaxFailure') || null : null,
    lockoutMs: seconds(value('pwdLockoutDuration')),
    safeModify: isTrue(entry, 'pwdSafeModify'),
  }
}
