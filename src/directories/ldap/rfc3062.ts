import type { Account } from '../../account.ts'
import { type Changed, refusedFor, type Written, written } from '../../directory.ts'
import { seconds } from '../../lib/clock.ts'
import type { Change } from './change.ts'
import type { Answer, Connection } from './connection.ts'
import { passwordPolicy } from './controls.ts'
import { noteWrite } from './note-write.ts'
import { passwordModify } from './password-modify.ts'
import type { Context, Target } from './profile.ts'
import { readOnlyServer } from './read-only-server.ts'
import { judgeBind, LDAP, refusalOf } from './refusal-ppolicy.ts'

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
export async function setPassword(
  connection: Connection,
  { entry, account }: Target,
  write: { readonly password: string; readonly key: string },
  context: Context,
): Promise<Written> {
  const answer = await passwordModify(connection, { dn: entry.dn, password: write.password }, context.signal)
  noteWrite(answer, connection, write.key, context)
  return answered(answer, account, connection, context)
}

/**
 * By the person's own right, on a connection that is bound with the old password and never used for anything else;
 * a password that must be changed binds with the right to do just that. An expired one does not bind at all: the
 * server has found it right (only then it says so), and the service account writes.
 */
export async function changePassword(
  connection: Connection,
  { entry, account }: Target,
  change: { readonly old: string; readonly password: string; readonly key: string },
  context: Context,
): Promise<Changed> {
  const request = { dn: entry.dn, old: change.old, password: change.password }
  const answer = await context.servers.apart(context.signal, connection.host.url, async own => {
    const bound = await own.bind(entry.dn, change.old, context.signal)
    if (bound.code === LDAP.success) return await passwordModify(own, request, context.signal)
    const judged = judgeBind(bound)
    // FreeIPA says the same of an account that is locked and of one that is disabled.
    return judged === 'disabled' && account.locked ? 'locked' : judged
  })
  const ended = (said: Answer): Written => {
    noteWrite(said, connection, change.key, context)
    return answered(said, account, connection, context)
  }
  if (typeof answer === 'object') return ended(answer)
  if (answer === 'locked') return { ok: false, refusal: 'locked' }
  if (answer === 'no') return { ok: false, refusal: 'wrong_old' }
  if (answer !== 'must_change') return refusedFor('not_allowed')
  // Without the old one, which slapd would not verify for somebody who may only write: the bind has just done it.
  const expired = { dn: entry.dn, password: change.password }
  return ended(await passwordModify(connection, expired, context.signal))
}

function answered(answer: Answer, account: Account, connection: Connection, context: Context): Written {
  if (answer.code === LDAP.success) return written
  if (answer.code === LDAP.referral) return readOnlyServer(connection, context)
  return { ok: false, refusal: refusalOf(answer, account) }
}

/** `changes`: how this kind of server forgets the wrong passwords. An attribute that is gone already is no fault. */
export const unlockBy =
  (changes: readonly Change[]) =>
  async (connection: Connection, { entry, account }: Target, context: Context): Promise<Written> => {
    const answer = await connection.modify(entry.dn, changes, [passwordPolicy()], context.signal)
    if (answer.code === LDAP.noSuchAttribute) return written
    return answered(answer, account, connection, context)
  }
