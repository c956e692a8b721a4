import { sidBytes, sidText } from './binary-ids.ts'
import type { Connection } from './connection.ts'
import { bytesOf, type Entry, textOf } from './entry.ts'
import { equals, type Filter, or, present } from './filter.ts'
import type { Context } from './profile.ts'

/** SIDs asked for in one search. */
const ASKED_AT_ONCE = 50

/**
 * SIDs of every security group, nested and primary (MS-ADTS 3.1.1.4.5.19). It is computed for a base search alone.
 * Empty: it may not be read, since everybody is in at least one.
 */
export async function tokenGroups(
  connection: Connection,
  entry: Entry,
  context: Context,
): Promise<readonly string[]> {
  const attributes = ['tokenGroups']
  const [found] = await connection.search(
    { base: entry.dn, scope: 'base', filter: present('objectClass'), attributes, size: 1 },
    context.signal,
  )
  return found ? bytesOf(found, 'tokenGroups').flatMap(bytes => sidText(bytes) ?? []) : []
}

/** Each group by SID, and by DN and name where this domain has it, so that a policy can name it in any way. */
export async function namesOfGroups(
  connection: Connection,
  sids: readonly string[],
  context: Context,
): Promise<readonly string[]> {
  const unknown = sids.filter(sid => context.groupNames.get(sid) === undefined)
  for (let from = 0; from < unknown.length; from += ASKED_AT_ONCE)
    await learn(connection, unknown.slice(from, from + ASKED_AT_ONCE), context)
  return [...new Set(sids.flatMap(sid => [sid, ...(context.groupNames.get(sid) ?? [])]))]
}

async function learn(connection: Connection, sids: readonly string[], context: Context): Promise<void> {
  const filter = or(sids.map(sid => equals('objectSid', sidBytes(sid) ?? '')))
  const found = await connection.search(
    {
      base: connection.root.domainHead ?? context.config.base,
      scope: 'sub',
      filter,
      attributes: ['objectSid', 'sAMAccountName', 'cn'],
      size: sids.length,
    },
    context.signal,
  )
  for (const sid of sids) context.groupNames.set(sid, [])
  for (const group of found) {
    const names = [textOf(group, 'sAMAccountName'), textOf(group, 'cn')].filter(name => name !== null)
    context.groupNames.set(sidText(bytesOf(group, 'objectSid')[0]) ?? '', [group.dn, ...new Set(names)])
  }
}

/** `memberOf` leaves out whose primary group it is (decisions 4.2). */
export async function adMembersOf(
  connection: Connection,
  group: string,
  signal: AbortSignal,
): Promise<Filter> {
  const attributes = ['objectSid']
  const [found] = await connection.search(
    { base: group, scope: 'base', filter: present('objectSid'), attributes, size: 1 },
    signal,
  )
  const sid = found ? sidText(bytesOf(found, 'objectSid')[0]) : null
  const member = equals('memberOf', group)
  return sid === null ? member : or([member, equals('primaryGroupID', sid.slice(sid.lastIndexOf('-') + 1))])
}
