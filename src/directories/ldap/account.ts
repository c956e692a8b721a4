import {
  type Account,
  isOwnAddress,
  type MappedContact,
  normaliseAddress,
  splitLogin,
} from '../../account.ts'
import type { LdapAttributes, LdapConfig } from './config.ts'
import type { Connection } from './connection.ts'
import { type Entry, textsOf, textsOfAll } from './entry.ts'
import type { Context, Profile } from './profile.ts'

/** Names longer than this make no useful word to look for in a password. */
const NAMES_MAX = 20

/** The account in one entry. Null: the entry has no id, or no login that a person could type. */
export async function toAccount(
  profile: Profile,
  connection: Connection,
  entry: Entry,
  context: Context,
): Promise<Account | null> {
  const { attributes, config } = context
  const id = profile.idOf(entry)
  const login = textsOfAll(entry, attributes.login)[0]
  if (id === null || login === undefined) return null
  const facts = await profile.facts(connection, entry, context)
  return {
    ...facts,
    ref: { directory: config.name, id },
    login,
    displayName: textsOfAll(entry, attributes.displayName)[0] ?? login,
    mail: addresses(entry, attributes.mail),
    contacts: contactsOf(entry, attributes.recoveryEmail, config),
    names: namesOf(entry, attributes).slice(0, NAMES_MAX),
    locale: textsOfAll(entry, attributes.locale)[0] ?? null,
    place: entry.dn,
  }
}

/** Of a login without its domain, which is no secret and no name of anybody. */
const namesOf = (entry: Entry, attributes: LdapAttributes): readonly string[] => [
  ...new Set([
    ...textsOfAll(entry, attributes.names),
    ...textsOfAll(entry, attributes.login).map(login => splitLogin(login.replace(SMTP, '')).name),
  ]),
]

const SMTP = /^smtp:/i

/** `smtp:` stands before an address in proxyAddresses. */
const addresses = (entry: Entry, names: readonly string[]): readonly string[] => [
  ...new Set(
    textsOfAll(entry, names)
      .map(value => normaliseAddress(value.replace(SMTP, '').trim()))
      .filter(address => address !== null),
  ),
]

const contactsOf = (entry: Entry, names: readonly string[], config: LdapConfig): readonly MappedContact[] =>
  names.flatMap(attribute =>
    textsOf(entry, attribute)
      .map(value => normaliseAddress(value.trim()))
      .filter(address => address !== null && !isOwnAddress(address, config.ownDomains))
      .map(address => ({ method: 'email', attribute, address: address ?? '' })),
  )
