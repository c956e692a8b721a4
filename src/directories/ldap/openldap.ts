import type { Account } from '../../account.ts'
import { type Changed, refusedFor, type Written, written } from '../../directory.ts'
import { seconds } from '../../lib/clock.ts'
import type { Answer, Connection } from './connection.ts'
import { PASSWORD_POLICY, passwordPolicy } from './controls.ts'
import { textOf } from './entry.ts'
import { equals, or } from './filter.ts'
import { settleMarks } from './mark.ts'
import { openldapFindings } from './openldap-findings.ts'
import { passwordModify } from './password-modify.ts'
import { PPOLICY_ATTRIBUTES, ppolicyFacts } from './ppolicy-account.ts'
import type { Context, Profile, Target } from './profile.ts'
import { readOnlyServer } from './read-only-server.ts'
import { judgeBind, LDAP, refusalOf } from './refusal-ppolicy.ts'

/** OpenLDAP with the ppolicy overlay. */
export const openldap: Profile = {
  attributes: {
    login: ['uid', 'mail'],
    accountName: ['uid'],
    mail: ['mail'],
    recoveryEmail: [],
    displayName: ['displayName', 'cn'],
    names: ['givenName', 'sn', 'cn', 'displayName'],
    locale: ['preferredLanguage'],
  },
  idAttribute: 'entryUUID',
  people: or([
    equals('objectClass', 'person'),
    equals('objectClass', 'posixAccount'),
    equals('objectClass', 'account'),
  ]),
  groups: or(['groupOfNames', 'groupOfUniqueNames', 'posixGroup'].map(name => equals('objectClass', name))),
  groupName: ['cn'],
  attributesRead: PPOLICY_ATTRIBUTES,
  can: root => ({
    reset: true,
    change: true,
    unlock: true,
    authenticate: true,
    historyOnReset: root?.controls.includes(PASSWORD_POLICY) ?? true,
  }),
  roleOf: async connection => (connection.root.readOnly ? 'read-only' : 'writable'),
  idOf: entry => textOf(entry, 'entryUUID')?.toLowerCase() ?? null,
  idValue: id => (UUID.test(id) ? id : null),
  facts: ppolicyFacts,
  writableFrom: aSecondLater,
  setPassword,
  changePassword,
  unlock,
  judgeBind,
  settle: settleMarks,
  findings: openldapFindings,
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Clocks of the server and ours may differ by this much and the wait still holds. */
const SKEW_MS = seconds(5)

/** A server reads its clock in steps of some milliseconds. */
const MARGIN_MS = 50

/** pwdChangedTime counts whole seconds: two changes within one second could not be told apart. */
export function aSecondLater({ passwordChangedAt }: Account, now: number): number {
  if (passwordChangedAt === null || passwordChangedAt > now + SKEW_MS) return now
  return Math.max(now, passwordChangedAt + seconds(1) + MARGIN_MS)
}

/** RFC 3062 by the right of the service account (`=w`), so that the server asks its own policy (DIR-09). */
async function setPassword(
  connection: Connection,
  { entry, account }: Target,
  write: { readonly password: string },
  context: Context,
): Promise<Written> {
  const answer = await passwordModify(connection, { dn: entry.dn, password: write.password }, context.signal)
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  if (answer.code !== LDAP.success) return { ok: false, refusal: refusalOf(answer, account) }
  return written
}

/**
 * By the person's own right, on a connection that is bound with the old password and never used for anything else;
 * a password that must be changed binds with the right to do just that. An expired one does not bind at all: the
 * server has found it right (only then it says so), and the service account writes.
 */
async function changePassword(
  connection: Connection,
  { entry, account }: Target,
  change: { readonly old: string; readonly password: string },
  context: Context,
): Promise<Changed> {
  const request = { dn: entry.dn, old: change.old, password: change.password }
  const answer = await context.servers.apart(context.signal, connection.host.url, async own => {
    const bound = await own.bind(entry.dn, change.old, context.signal)
    if (bound.code === LDAP.success) return await passwordModify(own, request, context.signal)
    return judgeBind(bound)
  })
  if (typeof answer === 'object') return changedBy(answer, account, connection, context)
  if (answer === 'locked') return { ok: false, refusal: 'locked' }
  if (answer === 'no') return { ok: false, refusal: 'wrong_old' }
  if (answer !== 'must_change') return refusedFor('not_allowed')
  // Without the old one, which slapd would not verify for somebody who may only write: the bind has just done it.
  const expired = { dn: entry.dn, password: change.password }
  return changedBy(await passwordModify(connection, expired, context.signal), account, connection, context)
}

function changedBy(answer: Answer, account: Account, connection: Connection, context: Context): Changed {
  if (answer.code === LDAP.success) return written
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  return { ok: false, refusal: refusalOf(answer, account) }
}

/** Taking the attribute away forgets the wrong passwords too; replacing it by nothing would leave them (lab page). */
async function unlock(
  connection: Connection,
  { entry, account }: Target,
  context: Context,
): Promise<Written> {
  const changes = [{ operation: 'delete', attribute: 'pwdAccountLockedTime' }] as const
  const answer = await connection.modify(entry.dn, changes, [passwordPolicy()], context.signal)
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  if (answer.code === LDAP.success || answer.code === LDAP.noSuchAttribute) return written
  return { ok: false, refusal: refusalOf(answer, account) }
}
