import type { Account, Rule } from '../../account.ts'
import type { Authenticated, Capabilities, Changed, Finding, Written } from '../../directory.ts'
import type { Clock, Instant } from '../../lib/clock.ts'
import type { LdapAttributes, LdapConfig, LdapLog } from './config.ts'
import type { Answer, Connection } from './connection.ts'
import type { Entry } from './entry.ts'
import type { Filter } from './filter.ts'
import type { Memory } from './memory.ts'
import type { RootDse } from './root-dse.ts'
import type { Role, Servers } from './servers.ts'

/** What one call needs beside its connection. */
export type Context = {
  readonly config: LdapConfig
  readonly attributes: LdapAttributes
  readonly clock: Clock
  readonly log: LdapLog
  readonly servers: Servers
  /** DN and names of a group by its SID. */
  readonly groupNames: Memory<readonly string[]>
  readonly signal: AbortSignal
}

/** The part of an account that every kind of directory keeps in its own way. */
export type Facts = Pick<
  Account,
  | 'status'
  | 'locked'
  | 'lockedForGood'
  | 'mustChange'
  | 'groups'
  | 'protectedBecause'
  | 'privileged'
  | 'passwordChangedAt'
  | 'tooYoungUntil'
  | 'lockoutThreshold'
  | 'mark'
> & { readonly rules: readonly Rule[] | null }

/** An account as read on the connection that is about to write it. */
export type Target = { readonly entry: Entry; readonly account: Account }

/** How the kinds of directory differ, as values. */
export type Profile = {
  readonly attributes: LdapAttributes
  readonly idAttribute: string
  /** What a search for a person, or a group, must also match. */
  readonly people: Filter
  readonly groups: Filter
  readonly groupName: readonly string[]
  /** What every direct member of the group with this DN matches. */
  readonly membersOf: (connection: Connection, group: string, signal: AbortSignal) => Promise<Filter>
  /** Beside those of `attributes`. */
  readonly attributesRead: readonly string[]
  readonly can: (root: RootDse | null) => Capabilities
  readonly roleOf: (connection: Connection, signal: AbortSignal) => Promise<Role>
  readonly idOf: (entry: Entry) => string | null
  /** Null: this text was never an id of such a directory. */
  readonly idValue: (id: string) => string | Buffer | null
  readonly facts: (connection: Connection, entry: Entry, context: Context) => Promise<Facts>
  /** A write waits until this moment, so that its mark differs from the last one. */
  readonly writableFrom: (account: Account, now: Instant) => Instant
  readonly setPassword: (
    connection: Connection,
    target: Target,
    write: { readonly password: string; readonly unlock: boolean; readonly key: string },
    context: Context,
  ) => Promise<Written>
  /** `connection` is of the service; where the person's own is needed, `context.servers.apart` gives one. */
  readonly changePassword: (
    connection: Connection,
    target: Target,
    change: { readonly old: string; readonly password: string; readonly key: string },
    context: Context,
  ) => Promise<Changed>
  readonly unlock: (connection: Connection, target: Target, context: Context) => Promise<Written>
  readonly judgeBind: (answer: Answer, account: Account) => Authenticated
  readonly settle: (before: string, after: string) => 'changed' | 'unchanged' | 'unknown'
  readonly findings: (connection: Connection, context: Context) => Promise<Checked>
}

export type Checked = { readonly writable: boolean; readonly findings: readonly Finding[] }
