import { type AccountName, DirectoryError, type Group, PAGE_ITEMS_MAX, type Page } from '../../directory.ts'
import type { Connection, Search } from './connection.ts'
import type { Cursor } from './cursors.ts'
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

type FilterOf = (connection: Connection) => Promise<Filter>

/** One page. The token is its number, and which list it goes on with where that is still at hand. */
async function pageOf<Item>(
  open: Open,
  filterOf: FilterOf,
  token: string | null,
  signal: AbortSignal,
  itemOf: (entry: Entry) => Item | null,
): Promise<Page<Item>> {
  const { page, list } = readToken(token)
  const { entries, next } =
    page === 0 ? await firstPage(open, filterOf, signal) : await laterPage(open, filterOf, page, list, signal)
  return { items: entries.map(itemOf).filter(item => item !== null), next }
}

type Listed = { readonly entries: readonly Entry[]; readonly next: string | null }

function readToken(token: string | null): { readonly page: number; readonly list: number } {
  const parts = (token ?? '0-0').match(/^(\d{1,6})-(\d{1,9})$/)
  if (!parts) throw new DirectoryError('this is no page of ours', false)
  return { page: Number(parts[1]), list: Number(parts[2]) }
}

/** Most lists end here, so the connection goes back to the others at once. */
const firstPage = (open: Open, filterOf: FilterOf, signal: AbortSignal): Promise<Listed> =>
  open.servers.read(signal, async connection => {
    const next = connection.pages(askFor(open, await filterOf(connection), signal))
    const entries = (await next(signal)) ?? []
    const more = entries.length < PAGE_ITEMS_MAX ? null : await next(signal)
    return { entries, next: more && more.length > 0 ? '1-0' : null }
  })

async function laterPage(
  open: Open,
  filterOf: FilterOf,
  page: number,
  list: number,
  signal: AbortSignal,
): Promise<Listed> {
  const { connection, pager, ready } =
    open.cursors.take(list, page) ?? (await walkTo(open, filterOf, page, signal))
  try {
    const after = ready.length === 0 ? null : await pager(signal)
    if (after && after.length > 0) {
      const serial = open.cursors.keep({ connection, pager, page: page + 1, ready: after })
      return { entries: ready, next: `${page + 1}-${serial}` }
    }
  } catch (error) {
    connection.close()
    throw error
  }
  connection.close()
  return { entries: ready, next: null }
}

/** From the beginning, where the list is no longer at hand. */
async function walkTo(open: Open, filterOf: FilterOf, page: number, signal: AbortSignal): Promise<Cursor> {
  const connection = await open.servers.alone(signal)
  try {
    const pager = connection.pages(askFor(open, await filterOf(connection), signal))
    let ready = await pager(signal)
    for (let at = 0; at < page && ready; at++) ready = await pager(signal)
    return { connection, pager, page, ready: ready ?? [] }
  } catch (error) {
    connection.close()
    throw error
  }
}

function askFor({ config, profile, contextOf }: Open, filter: Filter, signal: AbortSignal): Search {
  const { attributes } = contextOf(signal)
  const names = [profile.idAttribute, ...attributes.login, ...attributes.displayName, ...profile.groupName]
  return { base: config.base, scope: 'sub', filter, attributes: [...new Set(names)], size: PAGE_ITEMS_MAX }
}
