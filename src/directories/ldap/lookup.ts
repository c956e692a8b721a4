import { type AccountRef, isLogin, normaliseLogin, splitLogin } from '../../account.ts'
import { DirectoryError } from '../../directory.ts'
import type { LdapConfig } from './config.ts'
import type { Connection } from './connection.ts'
import { bytesOf, type Entry, textsOf } from './entry.ts'
import { and, equals, type Filter, or, parseFilter, present } from './filter.ts'
import { wantedIn } from './immutable.ts'
import type { Context, Profile } from './profile.ts'

/** Two are enough to know that it was not exactly one. */
const MATCHES_MAX = 2

/** The one entry that a login names; null: none, several, or one that only looks alike (DIR-05, DIR-22). */
export async function findEntry(
  profile: Profile,
  connection: Connection,
  login: string,
  context: Context,
): Promise<Entry | null> {
  for (const named of spellings(login, context)) {
    const found = await search(profile, connection, anyOf(named), context)
    if (found.length > 1) return null
    if (found[0]) return isSame(found[0], named) ? found[0] : null
  }
  return null
}

/** By the immutable id, within the base (DIR-06). */
export async function readEntry(
  profile: Profile,
  connection: Connection,
  ref: AccountRef,
  context: Context,
): Promise<Entry | null> {
  const value = profile.idValue(ref.id)
  if (value === null) return null
  const found = await search(profile, connection, equals(profile.idAttribute, value), context)
  return found.length === 1 ? (found[0] ?? null) : null
}

/** The one entry with exactly this value; null: none, several, or one that the server only takes for the same. */
export async function findEntryBy(
  profile: Profile,
  connection: Connection,
  { attribute, text }: { readonly attribute: string; readonly text: string },
  context: Context,
): Promise<Entry | null> {
  const wanted = wantedIn(attribute, text)
  if (!wanted) return null
  const found = await search(profile, connection, equals(attribute, wanted.value), context, [attribute])
  const [entry] = found
  return found.length === 1 && entry && bytesOf(entry, attribute).some(wanted.isSame) ? entry : null
}

const search = (
  profile: Profile,
  connection: Connection,
  filter: Filter,
  context: Context,
  more: readonly string[] = [],
): Promise<readonly Entry[]> =>
  connection.search(
    {
      base: context.config.base,
      scope: 'sub',
      filter: and(peopleOf(profile.people, context.config), filter),
      attributes: [...new Set([...accountAttributes(profile, context), ...more])],
      size: MATCHES_MAX,
    },
    context.signal,
  )

export const peopleOf = (people: Filter, { userFilter }: LdapConfig): Filter =>
  userFilter === undefined ? people : and(people, parseFilter(userFilter))

export const accountAttributes = (profile: Profile, { attributes }: Context): readonly string[] => [
  ...new Set([profile.idAttribute, ...profile.attributesRead, ...Object.values(attributes).flat()]),
]

/** An attribute and the value that the login would have there. */
type Named = readonly (readonly [attribute: string, value: string])[]

/**
 * What to look for, in this order. A domain of ours in front of or behind the name means the bare account name too,
 * but only where nobody has the whole login, as a domain controller does it (MS-ADTS 5.1.1.1.1).
 */
function spellings(login: string, { config, attributes }: Context): readonly Named[] {
  const typed = login.trim()
  if (!isLogin(typed)) return []
  const { name, domain } = splitLogin(typed)
  const bare: Named = attributes.accountName.map(attribute => [attribute, name])
  if (domain !== null && typed.includes('\\')) return isSameText(domain, config.netbios ?? '') ? [bare] : []
  const whole: Named = attributes.login.map(attribute => [attribute, prefixed(attribute, typed)])
  const own = domain !== null && config.domains.some(each => isSameText(each, domain))
  return own ? [whole, bare] : [whole]
}

const prefixed = (attribute: string, login: string): string =>
  attribute.toLowerCase() === 'proxyaddresses' ? `smtp:${login}` : login

const anyOf = (named: Named): Filter => or(named.map(([attribute, value]) => equals(attribute, value)))

/** Directories fold more letters than people do: hiragana is katakana to Active Directory. */
const isSame = (entry: Entry, named: Named): boolean =>
  named.some(([attribute, value]) => textsOf(entry, attribute).some(stored => isSameText(stored, value)))

/** Without domains only letters are folded: case, accents, width, spaces. */
const isSameText = (a: string, b: string): boolean => normaliseLogin(a, []) === normaliseLogin(b, [])

/** As many searches as a real account takes, for a login that nobody has (decisions 4.8). */
export async function pretend(connection: Connection, searches: number, context: Context): Promise<void> {
  for (let asked = 0; asked < searches; asked++) {
    if (context.signal.aborted) throw new DirectoryError('given up', false, context.signal.reason)
    await connection.search(
      {
        base: context.config.base,
        scope: 'base',
        filter: present('objectClass'),
        attributes: ['1.1'],
        size: 1,
      },
      context.signal,
    )
  }
}
