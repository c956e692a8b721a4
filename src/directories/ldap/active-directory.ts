import { type Changed, refusedFor, type Written, written } from '../../directory.ts'
import { AD_ATTRIBUTES, adFacts, hintsOf, youngUntil } from './ad-account.ts'
import { adFindings } from './ad-findings.ts'
import { adMembersOf } from './ad-groups.ts'
import { adPeople } from './ad-people.ts'
import { policyOf } from './ad-policy.ts'
import { guidBytes, guidText } from './binary-ids.ts'
import type { Change } from './change.ts'
import type { Connection } from './connection.ts'
import { policyHints } from './controls.ts'
import { bigOf, bytesOf, type Entry, textOf, textsOfAll } from './entry.ts'
import { and, equals, hasBits, present } from './filter.ts'
import { readMark } from './mark.ts'
import { noteWrite } from './note-write.ts'
import type { Context, Profile, Target } from './profile.ts'
import { readOnlyServer } from './read-only-server.ts'
import { type AdRefusal, adRefusal, judgeAdBind } from './refusal-ad.ts'
import { LDAP } from './refusal-ppolicy.ts'
import type { Role } from './servers.ts'

/** MS-ADTS 2.2.12. */
const SECURITY_GROUP = 0x8000_0000

/** Microsoft Active Directory, and Samba as its like. */
export const activeDirectory: Profile = {
  attributes: {
    login: ['userPrincipalName', 'sAMAccountName', 'mail', 'proxyAddresses'],
    accountName: ['sAMAccountName'],
    mail: ['mail', 'proxyAddresses'],
    recoveryEmail: [],
    displayName: ['displayName', 'cn'],
    names: ['givenName', 'sn', 'displayName', 'sAMAccountName'],
    locale: ['preferredLanguage'],
  },
  idAttribute: 'objectGUID',
  people: adPeople,
  // Distribution groups stand in no token, so none can be chosen (decisions 4.2).
  groups: and(equals('objectCategory', 'group'), hasBits('groupType', SECURITY_GROUP)),
  groupName: ['sAMAccountName', 'cn'],
  membersOf: adMembersOf,
  attributesRead: AD_ATTRIBUTES,
  can: root => ({
    reset: true,
    change: true,
    unlock: true,
    authenticate: true,
    historyOnReset: hintsOf(root) !== null,
  }),
  roleOf,
  idOf: entry => guidText(bytesOf(entry, 'objectGUID')[0]),
  idValue: guidBytes,
  facts: adFacts,
  // pwdLastSet counts 100 ns: two changes never look alike.
  writableFrom: (_account, now) => now,
  setPassword,
  changePassword,
  unlock,
  judgeBind: judgeAdBind,
  settle,
  findings: adFindings,
}

/** The PDC emulator hears of every password first (MS-ADTS 3.1.1.5.1.7); a read-only controller takes none. */
async function roleOf(connection: Connection, signal: AbortSignal): Promise<Role> {
  const { readOnly, domainHead, serviceName } = connection.root
  if (readOnly) return 'read-only'
  if (domainHead === null) return 'writable'
  const attributes = ['fSMORoleOwner']
  const [head] = await connection.search(
    { base: domainHead, scope: 'base', filter: present('objectClass'), attributes, size: 1 },
    signal,
  )
  const owner = head ? textOf(head, 'fSMORoleOwner') : null
  return owner !== null && owner.toLowerCase() === serviceName?.toLowerCase() ? 'primary' : 'writable'
}

/** In double quotes, UTF-16, little endian (MS-ADTS 3.1.1.3.1.5). */
const quoted = (password: string): Buffer => Buffer.from(`"${password}"`, 'utf16le')

/**
 * One modification, so that the password and the unlocking happen together or not at all. What the history forbids
 * is refused only where the server announces policy hints (MS-ADTS 3.1.1.3.4.1.27).
 */
async function setPassword(
  connection: Connection,
  target: Target,
  write: { readonly password: string; readonly unlock: boolean; readonly key: string },
  context: Context,
): Promise<Written> {
  const { entry, account } = target
  const hints = hintsOf(connection.root)
  const changes: Change[] = [{ operation: 'replace', attribute: 'unicodePwd', value: quoted(write.password) }]
  if (write.unlock && (bigOf(entry, 'lockoutTime') ?? 0n) !== 0n) changes.push(UNLOCK)
  const answer = await connection.modify(
    entry.dn,
    changes,
    hints === null ? [] : [policyHints(hints)],
    context.signal,
  )
  noteWrite(answer, connection, write.key, context)
  if (answer.code === LDAP.success) return written
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  const attempt = { password: write.password, names: namesOf(entry), youngUntil: account.tooYoungUntil }
  const refusal = adRefusal(answer, account, attempt)
  return typeof refusal === 'string' ? refusedFor('policy') : { ok: false, refusal }
}

/** MS-SAMR 3.1.1.7.2 looks for these two and no others. */
const namesOf = (entry: Entry): readonly string[] => textsOfAll(entry, ['sAMAccountName', 'displayName'])

const UNLOCK: Change = { operation: 'replace', attribute: 'lockoutTime', value: '0' }

/**
 * The old one deleted and the new one added (MS-ADTS 3.1.1.3.1.5.2) by the service account, which needs no right for
 * it: so it serves people who cannot bind, because their password has expired or must be changed.
 */
async function changePassword(
  connection: Connection,
  { entry, account }: Target,
  change: { readonly old: string; readonly password: string; readonly key: string },
  context: Context,
): Promise<Changed> {
  const changes: Change[] = [
    { operation: 'delete', attribute: 'unicodePwd', value: quoted(change.old) },
    { operation: 'add', attribute: 'unicodePwd', value: quoted(change.password) },
  ]
  // Read before: after the one try at the old password nothing else may fail, or it would be tried again.
  const policy = await policyOf(connection, entry, context)
  const young = youngUntil(account.passwordChangedAt, policy, context.clock.now())
  const answer = await connection.modify(entry.dn, changes, [], context.signal)
  noteWrite(answer, connection, change.key, context)
  if (answer.code === LDAP.success) return written
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  const refusal: AdRefusal = adRefusal(answer, account, {
    ...change,
    names: namesOf(entry),
    youngUntil: young,
  })
  return { ok: false, refusal } as Changed // as: each member of AdRefusal stands in Changed, but not as a union.
}

async function unlock(
  connection: Connection,
  { entry, account }: Target,
  context: Context,
): Promise<Written> {
  const answer = await connection.modify(entry.dn, [UNLOCK], [], context.signal)
  if (answer.code === LDAP.success) return written
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  const refusal = adRefusal(answer, account, { password: '', names: [], youngUntil: null })
  return typeof refusal === 'string' ? refusedFor('policy') : { ok: false, refusal }
}

/** pwdLastSet becomes 0 when an administrator asks for a change: then nobody can tell what was before. */
function settle(before: string, after: string): 'changed' | 'unchanged' | 'unknown' {
  const then = readMark(before)
  const now = readMark(after)
  if (!then || !now || then.server !== now.server) return 'unknown'
  if (then.changed === now.changed) return 'unchanged'
  return now.changed === '0' ? 'unknown' : 'changed'
}
