import { type Account, isLogin, isOwnAddress, normaliseLogin, type Rule, splitLogin } from '../../account.ts'
import { days, type Instant, minutes } from '../../lib/clock.ts'
import type { PasswordHash } from './password-hash.ts'

/** A person as the store keeps them. */
export type StoredPerson = {
  readonly id: string
  readonly login: string
  readonly mail: readonly string[]
  readonly recoveryMail: readonly string[]
  readonly displayName: string
  readonly groups: readonly string[]
  readonly locale: string | null
  readonly status: 'active' | 'disabled' | 'expired'
  readonly administrator: boolean
  readonly passwordHash: string
  /** Former hashes, newest first. */
  readonly history: readonly string[]
  readonly mustChange: boolean
  readonly passwordChangedAt: Instant
  readonly passwordExpiresAt: Instant | null
  readonly wrongPasswords: number
  readonly lockedUntil: Instant | null
  readonly version: number
}

/** What the directory needs of a store's transaction. */
export type PeopleRows = {
  byKeys(keys: readonly string[]): Promise<StoredPerson[]>
  byId(id: string): Promise<StoredPerson | null>
  /** False where `version` is not the stored one. */
  update(person: StoredPerson, version: number, keys: readonly string[]): Promise<boolean>
  list(after: string | null, limit: number): Promise<StoredPerson[]>
}

/** Throws AppError `not-now` where nothing happened; whatever else it throws may have happened. */
export type PeopleStore = {
  transact<T>(work: (people: PeopleRows) => Promise<T>): Promise<T>
  read<T>(work: (people: PeopleRows) => Promise<T>): Promise<T>
}

export type BuiltinPolicy = {
  /** Code points. */
  readonly minLength: number
  /** Former passwords that may not come back, besides the present one; 0 to 24. */
  readonly history: number
  /** Wrong passwords in a row after which the account is locked; 0: never. */
  readonly lockoutThreshold: number
  readonly lockoutMs: number
  /** Null: passwords do not expire. */
  readonly maxAgeDays: number | null
}

export const BUILTIN_POLICY: BuiltinPolicy = {
  minLength: 8,
  history: 5,
  lockoutThreshold: 10,
  lockoutMs: minutes(15),
  maxAgeDays: null,
}

export const PASSWORD_CHARACTERS_MAX = 256

export type Builtin = {
  readonly name: string
  /** Logins behind these domains are its own. */
  readonly domains: readonly string[]
  readonly store: PeopleStore
  readonly clock: { now(): Instant }
  readonly hash: PasswordHash
  readonly policy: BuiltinPolicy
  /** For a group, the groups that it is itself a member of. */
  readonly groupsAround?: Readonly<Record<string, readonly string[]>>
}

/** Under which a person is found: login and mail, each in its one spelling. The store wants them with each write. */
export const keysOf = ({ login, mail }: Pick<StoredPerson, 'login' | 'mail'>, domains: readonly string[]) => [
  ...new Set([login, ...mail].map(name => normaliseLogin(name, domains))),
]

export const keysOfTyped = (login: string, domains: readonly string[]): readonly string[] =>
  isLogin(login) ? [normaliseLogin(login, domains)] : []

export const isLocked = ({ lockedUntil }: StoredPerson, now: Instant): boolean =>
  lockedUntil !== null && lockedUntil > now

export const mustChange = (person: StoredPerson, now: Instant): boolean =>
  person.mustChange || (person.passwordExpiresAt !== null && person.passwordExpiresAt <= now)

/** Only a password moves it: the row's version rises with each wrong password, too. */
export const markOf = (person: StoredPerson): string => String(person.passwordChangedAt)

export function accountOf(person: StoredPerson, builtin: Builtin, now: Instant): Account {
  const { policy, domains } = builtin
  return {
    ref: { directory: builtin.name, id: person.id },
    login: person.login,
    displayName: person.displayName,
    status: person.status,
    locked: isLocked(person, now),
    lockedForGood: false,
    mustChange: mustChange(person, now),
    protectedBecause: null,
    privileged: person.administrator,
    groups: flattened(person.groups, builtin.groupsAround ?? {}),
    mail: person.mail,
    contacts: person.recoveryMail
      .filter(address => !isOwnAddress(address, domains))
      .map(address => ({ method: 'email', attribute: 'recoveryMail', address })),
    names: [splitLogin(person.login).name, person.displayName],
    locale: person.locale,
    passwordChangedAt: person.passwordChangedAt,
    tooYoungUntil: null,
    rules: rulesOf(policy),
    lockoutThreshold: policy.lockoutThreshold || null,
    mark: markOf(person),
  }
}

const rulesOf = ({ minLength, history }: BuiltinPolicy): Rule[] => [
  { name: 'min_length', value: minLength },
  { name: 'max_length', value: PASSWORD_CHARACTERS_MAX },
  ...(history > 0 ? [{ name: 'history', value: history } as const] : []),
]

/** Direct groups and all around them; a circle ends where it closes. */
export function flattened(groups: readonly string[], around: NonNullable<Builtin['groupsAround']>): string[] {
  const all = new Set(groups)
  for (const group of all) for (const outer of around[group] ?? []) all.add(outer)
  return [...all]
}

export const expiryFrom = (now: Instant, { maxAgeDays }: BuiltinPolicy): Instant | null =>
  maxAgeDays === null ? null : now + days(maxAgeDays)
