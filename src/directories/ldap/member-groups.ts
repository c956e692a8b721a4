import type { Connection } from './connection.ts'
import { type Entry, textOf, textsOf } from './entry.ts'
import { and, equals, type Filter, or } from './filter.ts'
import type { Context } from './profile.ts'

/** Decisions 4.8. */
const LEVELS_MAX = 5
const SEARCHES_MAX = 32

/** Parents asked for in one search, and groups taken from one answer. */
const ASKED_AT_ONCE = 50
const GROUPS_MAX = 1_000

/** What counts as a group outside Active Directory. */
export const groupEntries = or(
  ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'].map(name => equals('objectClass', name)),
)

/** `complete` is false where a limit cut the walk short. */
export type MemberGroups = { readonly groups: readonly string[]; readonly complete: boolean }

/**
 * Groups outside Active Directory, each by DN and by name: `memberOf` of the entry, then upward, one search for
 * up to 50 groups.
 */
export async function memberGroups(
  connection: Connection,
  entry: Entry,
  context: Context,
): Promise<MemberGroups> {
  const seen = new Map<string, readonly string[]>()
  for (const dn of textsOf(entry, 'memberOf')) seen.set(dn.toLowerCase(), [dn])
  let searches = 0
  let level: readonly Filter[] = [
    ...isMember(entry.dn),
    ...textsOf(entry, 'uid').map(uid => equals('memberUid', uid)),
  ]
  let asked = new Set(seen.keys())
  for (let depth = 0; depth < LEVELS_MAX && level.length > 0; depth++) {
    const found: Entry[] = []
    for (const filters of batches(level)) {
      if (++searches > SEARCHES_MAX) return ended(seen, false)
      found.push(...(await search(connection, filters, context)))
    }
    const added = found.filter(group => !seen.has(group.dn.toLowerCase()))
    for (const group of found) seen.set(group.dn.toLowerCase(), namesOf(group))
    // What memberOf told is asked for its own parents together with the first level.
    level = [...asked, ...added.map(group => group.dn)].flatMap(isMember)
    asked = new Set()
  }
  return ended(seen, level.length === 0)
}

const ended = (seen: ReadonlyMap<string, readonly string[]>, complete: boolean): MemberGroups => ({
  groups: [...new Set([...seen.values()].flat())],
  complete,
})

const isMember = (dn: string): Filter[] => [equals('member', dn), equals('uniqueMember', dn)]

const namesOf = (group: Entry): readonly string[] => [group.dn, textOf(group, 'cn') ?? group.dn]

/** The kind first: every server indexes objectClass, but not every one uniqueMember, and would read all people. */
const search = (connection: Connection, filters: readonly Filter[], { config, signal }: Context) =>
  connection.search(
    {
      base: config.base,
      scope: 'sub',
      filter: and(groupEntries, or(filters)),
      attributes: ['cn'],
      size: GROUPS_MAX,
    },
    signal,
  )

function* batches(filters: readonly Filter[]): Generator<readonly Filter[]> {
  const each = ASKED_AT_ONCE * 2
  for (let from = 0; from < filters.length; from += each) yield filters.slice(from, from + each)
}
