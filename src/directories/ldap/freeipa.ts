import type { Account, Rule } from '../../account.ts'
import type { Authenticated } from '../../directory.ts'
import { type Instant, seconds } from '../../lib/clock.ts'
import type { Answer, Connection } from './connection.ts'
import { type Entry, isTrue, numberOf, textOf } from './entry.ts'
import { present } from './filter.ts'
import { markOf } from './mark.ts'
import { memberGroups } from './member-groups.ts'
import { openldap } from './openldap.ts'
import type { Checked, Context, Facts, Profile } from './profile.ts'
import { protection } from './protected.ts'
import { judgeBind, LDAP } from './refusal-ppolicy.ts'
import { unlockBy } from './rfc3062.ts'
import { fromGeneralizedTime } from './time.ts'

/** FreeIPA: 389 DS whose policy is Kerberos's. Tried against recorded answers. */
export const freeipa: Profile = {
  ...openldap,
  idAttribute: 'ipaUniqueID',
  attributesRead: [
    'nsAccountLock',
    'krbPrincipalExpiration',
    'krbPasswordExpiration',
    'krbLastPwdChange',
    'krbLastFailedAuth',
    'krbLoginFailedCount',
    'krbPwdPolicyReference',
    'modifyTimestamp',
    'modifiersName',
    'memberOf',
    'uid',
  ],
  // Who may set passwords without expiring them stands above the policy (decisions 4.6).
  can: () => ({ reset: true, change: true, unlock: true, authenticate: true, historyOnReset: false }),
  idOf: entry => textOf(entry, 'ipaUniqueID')?.toLowerCase() ?? null,
  facts,
  unlock: unlockBy([{ operation: 'replace', attribute: 'krbLoginFailedCount', value: '0' }]),
  judgeBind: judgeIpaBind,
  findings: async () => ({ writable: true, findings: WARNINGS }),
}

const WARNINGS: Checked['findings'] = [
  {
    level: 'warning',
    text: 'FreeIPA expires every password that another sets, unless the account stands in passSyncManagersDNs; then it checks none of them',
  },
  { level: 'unknown', text: 'the rights of the service account cannot be read on this kind of server' },
]

async function facts(connection: Connection, entry: Entry, context: Context): Promise<Facts> {
  const now = context.clock.now()
  const policy = await policyOf(connection, entry, context)
  const { groups, complete } = await memberGroups(connection, entry, context)
  return {
    ...ipaState(entry, policy, now),
    groups,
    ...protection(entry, groups, complete, context.config),
    // Only a change by the person is too early; a reset is not.
    tooYoungUntil: null,
    rules: policy && rulesOf(policy),
    lockoutThreshold: policy && (numberOf(policy, 'krbPwdMaxFailure') || null),
    mark: markOf(connection, entry, context.config.bindDn, {
      changed: 'krbLastPwdChange',
      last: 'modifyTimestamp',
      noted: textOf(entry, 'krbLastPwdChange') !== null,
    }),
  }
}

/** FreeIPA counts wrong passwords and works out for itself whether that locks. */
export function ipaState(entry: Entry, policy: Entry | null, now: Instant) {
  const changedAt = fromGeneralizedTime(textOf(entry, 'krbLastPwdChange'))
  const expires = fromGeneralizedTime(textOf(entry, 'krbPasswordExpiration'))
  const ends = fromGeneralizedTime(textOf(entry, 'krbPrincipalExpiration'))
  return {
    status: statusOf(isTrue(entry, 'nsAccountLock'), ends !== null && ends <= now),
    locked: isLocked(entry, policy, now),
    lockedForGood: false,
    // Set by another: it expires in the moment it is set.
    mustChange: expires !== null && changedAt !== null && expires <= changedAt,
    passwordChangedAt: changedAt,
  }
}

const statusOf = (disabled: boolean, ended: boolean): Account['status'] =>
  disabled ? 'disabled' : ended ? 'expired' : 'active'

function isLocked(entry: Entry, policy: Entry | null, now: Instant): boolean {
  const most = policy && numberOf(policy, 'krbPwdMaxFailure')
  const failed = numberOf(entry, 'krbLoginFailedCount') ?? 0
  if (!policy || !most || failed < most) return false
  const last = fromGeneralizedTime(textOf(entry, 'krbLastFailedAuth'))
  const lasts = seconds(numberOf(policy, 'krbPwdLockoutDuration') ?? 0)
  return lasts === 0 || last === null || last + lasts > now
}

/** The policy the entry names, else the one of the configuration; the global one is seldom readable. */
async function policyOf(
  connection: Connection,
  entry: Entry,
  { config, signal }: Context,
): Promise<Entry | null> {
  const base = textOf(entry, 'krbPwdPolicyReference') ?? config.policyDn
  if (base === undefined) return null
  const [found] = await connection.search(
    { base, scope: 'base', filter: present('krbPwdMinLength'), attributes: POLICY, size: 1 },
    signal,
  )
  return found ?? null
}

const POLICY = [
  'krbPwdMinLength',
  'krbPwdHistoryLength',
  'krbPwdMinDiffChars',
  'krbMinPwdLife',
  'krbPwdMaxFailure',
  'krbPwdLockoutDuration',
]

export const rulesOf = (policy: Entry): readonly Rule[] =>
  (
    [
      { name: 'min_length', value: numberOf(policy, 'krbPwdMinLength') },
      { name: 'history', value: numberOf(policy, 'krbPwdHistoryLength') },
      { name: 'character_kinds', value: numberOf(policy, 'krbPwdMinDiffChars') },
      { name: 'min_age_ms', value: seconds(numberOf(policy, 'krbMinPwdLife') ?? 0) },
    ] as const
  ).flatMap(({ name, value }) => (value ? [{ name, value }] : []))

/** 53 means "too many failed logins" as well as "inactivated": the account itself tells which. */
function judgeIpaBind(answer: Answer, account: Account): Authenticated {
  return answer.code === LDAP.unwilling && account.locked ? 'locked' : judgeBind(answer)
}
