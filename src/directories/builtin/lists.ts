import { normaliseLogin } from '../../account.ts'
import { type AccountName, type Group, PAGE_ITEMS_MAX, type Page } from '../../directory.ts'
import { type Builtin, flattened, type StoredPerson } from './people.ts'

/** All of a person is sealed, so a list reads and opens everybody, page by page. */
const ROWS_AT_ONCE = 500
/** Above this an ordinary directory is the better place, and a call would take seconds. */
const ROWS_MAX = 50_000

/** People whose login, name, or a word of it, or mail begins with `text`, in the order of their ids. */
export function search(builtin: Builtin, text: string, page: string | null): Promise<Page<AccountName>> {
  const wanted = folded(text)
  return matching(builtin, page, person =>
    [person.login, person.displayName, ...person.displayName.split(/\s+/), ...person.mail].some(name =>
      folded(name).startsWith(wanted),
    ),
  )
}

export const members = (builtin: Builtin, group: string, page: string | null): Promise<Page<AccountName>> =>
  matching(builtin, page, person => groupsOf(builtin, person).includes(group))

export async function groups(builtin: Builtin, text: string, page: string | null): Promise<Page<Group>> {
  const names = new Set<string>()
  await eachPerson(builtin, null, person => {
    for (const name of groupsOf(builtin, person)) names.add(name)
    return true
  })
  const wanted = folded(text)
  const after = [...names]
    .filter(name => folded(name).startsWith(wanted) && (page === null || name > page))
    .sort()
  const items = after.slice(0, PAGE_ITEMS_MAX)
  return {
    items: items.map(name => ({ id: name, name })),
    next: after.length > items.length ? (items.at(-1) ?? null) : null,
  }
}

const groupsOf = ({ groupsAround }: Builtin, person: StoredPerson): string[] =>
  flattened(person.groups, groupsAround ?? {})

const folded = (text: string): string => normaliseLogin(text, [])

/** One more than a page tells whether there is a next one. */
async function matching(
  builtin: Builtin,
  page: string | null,
  fits: (person: StoredPerson) => boolean,
): Promise<Page<AccountName>> {
  const found: StoredPerson[] = []
  await eachPerson(builtin, page, person => {
    if (fits(person)) found.push(person)
    return found.length <= PAGE_ITEMS_MAX
  })
  const items = found.slice(0, PAGE_ITEMS_MAX)
  return {
    items: items.map(({ id, login, displayName }) => ({
      ref: { directory: builtin.name, id },
      login,
      displayName,
    })),
    next: found.length > items.length ? (items.at(-1)?.id ?? null) : null,
  }
}

/** Until `visit` says false; each batch is a transaction of its own. */
async function eachPerson(
  { store }: Builtin,
  after: string | null,
  visit: (person: StoredPerson) => boolean,
): Promise<void> {
  let last = after
  for (let rows = 0; rows < ROWS_MAX; rows += ROWS_AT_ONCE) {
    const batch = await store.read(people => people.list(last, ROWS_AT_ONCE))
    for (const person of batch) if (!visit(person)) return
    if (batch.length < ROWS_AT_ONCE) return
    last = batch.at(-1)?.id ?? null
  }
}
