import { type AccountName, DirectoryError, type Group, PAGE_ITEMS_MAX, type Page } from '../../directory.ts'
import type { Connection, Search } from './connection.ts'
import { type Entry, textsOfAll } from './entry.ts'
import { and, type Filter, or, startsWith } from './filter.ts'
import { peopleOf } from './lookup.ts'
import type { Open } from './open.ts'

/** Accounts whose login, name or address begins with `text`; all of them where it is empty. */
export function search(
  open: Open,
  text: string,
  page: string | null,
  signal: AbortSignal,
): Promise<Page<AccountName>> {
  const { attributes } = open.contextOf(signal)
  const names = [...new Set([...attributes.login, ...attributes.displayName, ...attributes.names])]
  const people = peopleOf(open.profile.people, open.config)
  const filter = text === '' ? people : and(people, or(names.map(name => startsWith(name, text))))
  return pageOf(
    open,
    async () => filter,
    page,
    signal,
    entry => nameOf(open, entry, signal),
  )
}

export function groups(
  open: Open,
  text: string,
  page: string | null,
  signal: AbortSignal,
): Promise<Page<Group>> {
  const { groupName, groups: kinds } = open.profile
  const filter = text === '' ? kinds : and(kinds, or(groupName.map(name => startsWith(name, text))))
  const itemOf = (entry: Entry): Group => ({
    id: entry.dn,
    name: textsOfAll(entry, groupName)[0] ?? entry.dn,
  })
  return pageOf(open, async () => filter, page, signal, itemOf)
}

/** Direct members. */
export function members(
  open: Open,
  group: string,
  page: string | null,
  signal: AbortSignal,
): Promise<Page<AccountName>> {
  const filterOf = async (connection: Connection): Promise<Filter> =>
    and(peopleOf(open.profile.people, open.config), await open.profile.membersOf(connection, group, signal))
  return pageOf(open, filterOf, page, signal, entry => nameOf(open, entry, signal))
}

function nameOf({ profile, config, contextOf }: Open, entry: Entry, signal: AbortSignal): AccountName | null {
  const { attributes } = contextOf(signal)
  const id = profile.idOf(entry)
  const login = textsOfAll(entry, attributes.login)[0]
  if (id === null || login === undefined) return null
  const displayName = textsOfAll(entry, attributes.displayName)[0] ?? login
  return { ref: { directory: config.name, id }, login, displayName }
}

/**
 * One page. The token is how many pages came before: a cookie of the server would be good on one connection only
 * (RFC 2696), so earlier pages are walked again.
 */
function pageOf<Item>(
  open: Open,
  filterOf: (connection: Connection) => Promise<Filter>,
  page: string | null,
  signal: AbortSignal,
  itemOf: (entry: Entry) => Item | null,
): Promise<Page<Item>> {
  const skip = skipOf(page)
  return open.servers.read(signal, async connection => {
    const asked = askFor(open, await filterOf(connection), signal)
    const { entries, more } = await walk(connection, asked, skip, signal)
    const items = entries.map(itemOf).filter(item => item !== null)
    return { items, next: more ? String(skip + 1) : null }
  })
}

function skipOf(page: string | null): number {
  if (page === null) return 0
  if (!/^\d{1,6}$/.test(page)) throw new DirectoryError('this is no page of ours', false)
  return Number(page)
}

function askFor({ config, profile, contextOf }: Open, filter: Filter, signal: AbortSignal): Search {
  const { attributes } = contextOf(signal)
  const names = [profile.idAttribute, ...attributes.login, ...attributes.displayName, ...profile.groupName]
  return { base: config.base, scope: 'sub', filter, attributes: [...new Set(names)], size: PAGE_ITEMS_MAX }
}

async function walk(connection: Connection, asked: Search, skip: number, signal: AbortSignal) {
  let number = 0
  let entries: readonly Entry[] = []
  for await (const found of connection.pages(asked, signal)) {
    if (number === skip + 1) return { entries, more: found.length > 0 }
    if (number === skip) entries = found
    number++
  }
  return { entries, more: false }
}
