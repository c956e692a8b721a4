import type { Account, AccountRef } from '../../account.ts'
import type { Authenticated } from '../../directory.ts'
import { toAccount } from './account.ts'
import type { Connection } from './connection.ts'
import { findEntry, findEntryBy, pretend } from './lookup.ts'
import { readMark } from './mark.ts'
import { type Open, readTarget } from './open.ts'
import type { Context } from './profile.ts'

/** A login that nobody has costs as many searches as the last one that somebody had. */
export const find = (open: Open, login: string, signal: AbortSignal): Promise<Account | null> =>
  open.servers.read(signal, async connection => {
    const before = connection.searches
    const account = await findOn(open, connection, login, open.contextOf(signal))
    const asked = connection.searches - before
    if (account) open.seen.searches = asked
    else await pretend(connection, open.seen.searches - asked, open.contextOf(signal))
    return account
  })

async function findOn(
  { profile, seen }: Open,
  connection: Connection,
  login: string,
  context: Context,
): Promise<Account | null> {
  seen.root = connection.root
  const entry = await findEntry(profile, connection, login, context)
  return entry ? await toAccount(profile, connection, entry, context) : null
}

export const read = (open: Open, ref: AccountRef, signal: AbortSignal): Promise<Account | null> =>
  open.servers.read(
    signal,
    async connection => (await readTarget(open, connection, ref, open.contextOf(signal)))?.account ?? null,
  )

/** Whoever asks has been told by an identity provider who it is: there is nothing to hide by looking up as often. */
export const findBy = (
  open: Open,
  named: { readonly attribute: string; readonly text: string },
  signal: AbortSignal,
): Promise<Account | null> =>
  open.servers.read(signal, async connection => {
    const { profile, seen } = open
    const context = open.contextOf(signal)
    seen.root = connection.root
    const entry = await findEntryBy(profile, connection, named, context)
    return entry ? await toAccount(profile, connection, entry, context) : null
  })

/** On a connection of its own, so that no other request ever runs with the rights of this person (DIR-16). */
export async function authenticate(
  open: Open,
  ref: AccountRef,
  password: string,
  signal: AbortSignal,
): Promise<Authenticated> {
  if (!isSendable(password)) return 'no'
  const context = open.contextOf(signal)
  const target = await open.servers.read(signal, each => readTarget(open, each, ref, context))
  if (!target) return 'no'
  const answer = await open.servers.apart(signal, null, each => each.bind(target.entry.dn, password, signal))
  return open.profile.judgeBind(answer, target.account)
}

/** Whether a password can reach a directory as typed: not empty, no NUL, no half of a surrogate pair (PWD-10). */
export const isSendable = (password: string): boolean =>
  password !== '' && password.isWellFormed() && !password.includes('\0')

/** Reads on the server of the mark alone; throws where that one cannot be asked. */
export async function outcome(
  open: Open,
  ref: AccountRef,
  mark: string,
  signal: AbortSignal,
): Promise<'changed' | 'unchanged' | 'unknown'> {
  const context = open.contextOf(signal)
  const before = readMark(mark)
  if (!before) return 'unknown'
  const target = await open.servers.at(before.server, signal, each => readTarget(open, each, ref, context))
  return target ? open.profile.settle(mark, target.account.mark) : 'unknown'
}
