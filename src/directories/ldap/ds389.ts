import type { Rule } from '../../account.ts'
import { type Instant, seconds } from '../../lib/clock.ts'
import type { Connection } from './connection.ts'
import { type Entry, isTrue, numberOf, textOf } from './entry.ts'
import { equals, or, present } from './filter.ts'
import { markOf } from './mark.ts'
import { memberGroups } from './member-groups.ts'
import { openldap } from './openldap.ts'
import type { Checked, Context, Facts, Profile } from './profile.ts'
import { protection } from './protected.ts'
import { unlockBy } from './rfc3062.ts'
import { fromGeneralizedTime } from './time.ts'

/** 389 Directory Server, and Red Hat's: as OpenLDAP, with names of its own. Tried against recorded answers. */
export const ds389: Profile = {
  ...openldap,
  idAttribute: 'nsUniqueId',
  attributesRead: [
    'nsAccountLock',
    'accountUnlockTime',
    'passwordExpirationTime',
    'passwordAllowChangeTime',
    'pwdUpdateTime',
    'pwdReset',
    'pwdPolicySubentry',
    'modifyTimestamp',
    'modifiersName',
    'memberOf',
    'uid',
  ],
  idOf: entry => textOf(entry, 'nsUniqueId')?.toLowerCase() ?? null,
  idValue: id => (/^[0-9a-f]{8}(-[0-9a-f]{8}){3}$/.test(id) ? id : null),
  facts,
  unlock: unlockBy([
    { operation: 'replace', attribute: 'accountUnlockTime' },
    { operation: 'replace', attribute: 'passwordRetryCount', value: '0' },
  ]),
  findings,
}

/** Locked until an administrator comes. */
const FOR_GOOD = '19700101000000Z'

async function facts(connection: Connection, entry: Entry, context: Context): Promise<Facts> {
  const now = context.clock.now()
  const policy = await policyOf(connection, entry, context)
  const { groups, complete } = await memberGroups(connection, entry, context)
  return {
    ...ds389State(entry, now),
    groups,
    ...protection(entry, groups, complete, context.config),
    rules: policy && rulesOf(policy),
    lockoutThreshold:
      policy && isOn(policy, 'passwordLockout') ? numberOf(policy, 'passwordMaxFailure') : null,
    mark: markOf(connection, entry, context.config.bindDn, {
      changed: 'pwdUpdateTime',
      last: 'modifyTimestamp',
      noted: textOf(entry, 'pwdUpdateTime') !== null,
    }),
  }
}

/** What the entry alone says. A password that was reset has expired in 1970, which means: change it. */
export function ds389State(entry: Entry, now: Instant) {
  const until = textOf(entry, 'accountUnlockTime')
  const unlocksAt = fromGeneralizedTime(until)
  const young = fromGeneralizedTime(textOf(entry, 'passwordAllowChangeTime'))
  return {
    status: isTrue(entry, 'nsAccountLock') ? ('disabled' as const) : ('active' as const),
    locked: until === FOR_GOOD || (unlocksAt !== null && unlocksAt > now),
    lockedForGood: false,
    mustChange: isTrue(entry, 'pwdReset') || textOf(entry, 'passwordExpirationTime') === FOR_GOOD,
    passwordChangedAt: fromGeneralizedTime(textOf(entry, 'pwdUpdateTime')),
    tooYoungUntil: young !== null && young > now ? young : null,
  }
}

/** The policy of this entry, else the server's own, which few service accounts may read. */
async function policyOf(connection: Connection, entry: Entry, { signal }: Context): Promise<Entry | null> {
  const base = textOf(entry, 'pwdPolicySubentry') ?? 'cn=config'
  const [found] = await connection.search(
    { base, scope: 'base', filter: present('objectClass'), attributes: POLICY, size: 1 },
    signal,
  )
  return found && numberOf(found, 'passwordMinLength') !== null ? found : null
}

const POLICY = [
  'passwordMinLength',
  'passwordInHistory',
  'passwordHistory',
  'passwordMinAge',
  'passwordCheckSyntax',
  'passwordLockout',
  'passwordMaxFailure',
]

const isOn = (policy: Entry, name: string): boolean =>
  ['on', 'true', '1'].includes(textOf(policy, name)?.toLowerCase() ?? '')

/** Length and kinds count only where the syntax is checked, the history only where it is kept. */
export const rulesOf = (policy: Entry): readonly Rule[] =>
  (
    [
      {
        name: 'min_length',
        value: isOn(policy, 'passwordCheckSyntax') ? numberOf(policy, 'passwordMinLength') : 0,
      },
      { name: 'history', value: isOn(policy, 'passwordHistory') ? numberOf(policy, 'passwordInHistory') : 0 },
      { name: 'min_age_ms', value: seconds(numberOf(policy, 'passwordMinAge') ?? 0) },
    ] as const
  ).flatMap(({ name, value }) => (value ? [{ name, value }] : []))

async function findings(connection: Connection, { config, signal }: Context): Promise<Checked> {
  const filter = or([equals('objectClass', 'person')])
  const [sample] = await connection.search(
    { base: config.base, scope: 'sub', filter, attributes: ['pwdUpdateTime'], size: 1 },
    signal,
  )
  const unread = {
    level: 'unknown',
    text: 'the rights of the service account cannot be read on this kind of server',
  } as const
  const untold = {
    level: 'warning',
    text: 'passwordTrackUpdateTime is off, or nobody changed a password since: a lost answer cannot be settled',
  } as const
  return {
    writable: true,
    findings: sample && textOf(sample, 'pwdUpdateTime') === null ? [unread, untold] : [unread],
  }
}
