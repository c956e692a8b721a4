import type { Instant } from './lib/clock.ts'

/** A directory's immutable id for a person (objectGUID, entryUUID, our own id), and which directory it is. */
export type AccountRef = { readonly directory: string; readonly id: string }

/** A password rule that the directory tells. Lengths in code points, ages in milliseconds. */
export type Rule =
  | {
      readonly name: 'min_length' | 'max_length' | 'history' | 'character_kinds' | 'min_age_ms'
      readonly value: number
    }
  | { readonly name: 'no_name' | 'not_banned' | 'not_breached' }

/** Proof taken from a mapped directory attribute: unverified until its owner confirms it (decisions 3.3). */
export type MappedContact = { readonly method: 'email'; readonly attribute: string; readonly address: string }

/**
 * A person in a directory, as read at one moment. `mark` is opaque: only the directory that gave it can compare it
 * (`Directory.outcome`). `groups` are flattened: direct, nested and primary.
 */
export type Account = {
  readonly ref: AccountRef
  readonly login: string
  readonly displayName: string
  readonly status: 'active' | 'disabled' | 'expired'
  readonly locked: boolean
  /** Locked for good by an administrator: never unlocked by a person. */
  readonly lockedForGood: boolean
  readonly mustChange: boolean
  /** Never written by Postern, whoever asks (decisions 4.3); the reason is for administrators. */
  readonly protectedBecause: string | null
  /** The directory itself marks this account as privileged: administrator rules apply. */
  readonly privileged: boolean
  readonly groups: readonly string[]
  readonly mail: readonly string[]
  readonly contacts: readonly MappedContact[]
  /** Words that must not stand in the password: names, logins. */
  readonly names: readonly string[]
  readonly locale: string | null
  readonly passwordChangedAt: Instant | null
  /** The directory takes no new password before this moment (minimum age). */
  readonly tooYoungUntil: Instant | null
  /** Null where a policy applies that may not be read: then no rule is shown (decisions 4.5). */
  readonly rules: readonly Rule[] | null
  /** Wrong passwords in a row after which the directory locks; null: never, or not told. */
  readonly lockoutThreshold: number | null
  readonly mark: string
  /**
   * Where it lies in a directory that is a tree (its DN), for the policy of an agent beside the directory. An agent hands
   * it to nobody, and no page, log or decision elsewhere looks at it.
   */
  readonly place?: string
}

export const sameRef = (a: AccountRef, b: AccountRef): boolean => a.directory === b.directory && a.id === b.id

/** One line of text that names an account for ever; the input of pseudonyms. */
export const refKey = (ref: AccountRef): string => `${ref.directory}\0${ref.id}`

/** Entra allows 113; directories hold up to 256 characters in mail. */
export const LOGIN_CHARACTERS_MAX = 256

/** Lone surrogates, control characters (NUL among them) and bidirectional controls never stand in a login. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

export const isLogin = (typed: string): boolean =>
  typed.trim() !== '' && [...typed].length <= LOGIN_CHARACTERS_MAX && !FORBIDDEN.test(typed)

/**
 * One spelling for a login, known or not, wherever it names a budget or a decoy (decisions 2.6). Directories match
 * without regard to case, width, accents, invisible letters and repeated spaces (MS-ADTS 3.1.1.2.2.4.13, RFC 4518), so
 * all of these are folded; own domains behind @ and NetBIOS prefixes are cut off, until there is nothing to cut.
 * Idempotent. What is sent to a directory is what was typed, trimmed; never this.
 */
export function normaliseLogin(typed: string, domains: readonly string[]): string {
  const own = domains.map(foldText)
  let login = foldText(typed)
  for (;;) {
    const { name, domain } = splitLogin(login)
    if (domain === null || !own.includes(domain.trim())) return login
    login = foldText(name)
  }
}

/** NFKC, case folded both ways, accents and invisible letters cut off, spaces joined. */
const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{Mn}\p{Me}\p{Cf}]/gu, '')
    // Lower case first: the capital sharp s is upper case already, and only the small one becomes SS.
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .trim()
    .replace(/\s+/g, ' ')

/** `name@domain` or `DOMAIN\name`; the last @ and the first backslash decide. */
export function splitLogin(login: string): { name: string; domain: string | null } {
  const slash = login.indexOf('\\')
  if (slash > 0) return { name: login.slice(slash + 1), domain: login.slice(0, slash) }
  const at = login.lastIndexOf('@')
  if (at > 0) return { name: login.slice(0, at), domain: login.slice(at + 1) }
  return { name: login, domain: null }
}

/** RFC 5321 section 4.5.3.1.3, without the angle brackets. */
const ADDRESS_CHARACTERS_MAX = 254

/** One mailbox and nothing else: no quotes, lists, controls or invisible letters. */
const LOCAL_PART = /^[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}\p{Cs}]+$/u

/** What a URL would read as a port, a path or nothing at all does not belong to a domain. */
const NOT_IN_DOMAIN = /[\s\p{Cc}\p{Cs}/?#:%\\]/u

/** A name of two labels or more that ends in one with a letter first: a number would be read as an IP address. */
const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/

/** The domain of an address in lower-case punycode, the local part as it is (EML-09): null where it is no address. */
export function normaliseAddress(address: string): string | null {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  const typed = address.slice(at + 1)
  if (at < 1 || address.length > ADDRESS_CHARACTERS_MAX || !LOCAL_PART.test(local)) return null
  if (NOT_IN_DOMAIN.test(typed) || !URL.canParse(`https://${typed}/`)) return null
  const normal = `${local}@${new URL(`https://${typed}/`).hostname}`
  return HOST.test(normal.slice(at + 1)) && normal.length <= ADDRESS_CHARACTERS_MAX ? normal : null
}

/**
 * Our own domains only (and hosts below them): a mailbox behind the forgotten password is no way to get it back. Both sides
 * are compared as mail is sent: wide letters, other full stops and Unicode names are no other domain.
 */
export function isOwnAddress(address: string, domains: readonly string[]): boolean {
  const domain = hostOf(address.slice(address.lastIndexOf('@') + 1).trim())
  return domains.map(hostOf).some(own => domain === own || domain.endsWith(`.${own}`))
}

const hostOf = (domain: string): string =>
  NOT_IN_DOMAIN.test(domain) || !URL.canParse(`https://${domain}/`)
    ? domain.toLowerCase()
    : new URL(`https://${domain}/`).hostname

/** Case, and the spaces that a DN may have around its signs (RFC 4514 section 2.4), make no other group. */
export const foldGroupName = (name: string): string => name.toLowerCase().replace(/\s*([,=])\s*/g, '$1')
