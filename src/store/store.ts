import type { AccountRef } from '../account.ts'
import type { AuditEvent } from '../audit.ts'
import type { Enrollment } from '../enrollment.ts'
import type { Instant } from '../lib/clock.ts'
import type { Counter, Decision, Limit } from '../limit.ts'
import type { Address, Message } from '../notifier.ts'
import type { StoredPass } from '../pass.ts'
import type { Hold } from '../policy.ts'
import type { Reset } from '../reset.ts'
import type { Session } from '../session.ts'
import type { AgentInvitations, AgentKeys, Agents } from './agents.ts'
import type { Campaigns } from './campaigns.ts'
import type { Reviews } from './reviews.ts'

/**
 * The only keeper of state. Two engines, one set of queries: SQLite in the runtime and PostgreSQL.
 * Personal data and secrets are sealed under a key outside the database, bound to table, row and field (STO-02).
 */
export interface Store {
  readonly engine: 'sqlite' | 'postgres'
  /**
   * All or nothing: what `work` did is durable when this resolves, and gone when it throws. SQLite takes the write
   * lock at once (BEGIN IMMEDIATE); PostgreSQL runs READ COMMITTED, and `lock` holds a row to the end.
   * Throws AppError `not-now` where the database cannot be reached or written: nothing was spent, nothing happened.
   */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Reads without a write lock, each statement as of the last commit. The same queries; a write through it throws. */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Called after each commit that put something into the outbox, in this process. */
  onOutbox(wake: () => void): void
  /** Waits for what is on its way. Closing again does nothing. */
  close(): Promise<void>
}

/** Rows that one call of `prune` or `expire` deletes at most: about 20 ms, so that nobody waits long behind it. */
export const PRUNE_MAX = 1_000

export interface Tx {
  readonly resets: Resets
  readonly sessions: Sessions
  readonly passes: Passes
  readonly enrollments: Enrollments
  readonly reviews: Reviews
  readonly campaigns: Campaigns
  readonly limits: Limits
  readonly outbox: Outbox
  readonly once: Once
  readonly settings: SettingsTable
  readonly people: People
  readonly notices: Notices
  readonly leases: Leases
  readonly agents: Agents
  readonly agentInvitations: AgentInvitations
  readonly agentKeys: AgentKeys
  /** In the transaction of what it records, or the action does not happen (AUD-03). */
  audit(event: AuditEvent): Promise<void>
  /** Records with a higher id than `after`, oldest first, at most `limit`; `audit-export.ts` walks through all. */
  auditRecords(after: number, limit: number): Promise<AuditRecord[]>
  /** The newest records of one subject, newest first. */
  auditOf(subject: string, limit: number): Promise<AuditRecord[]>
}

/** A record as it is read: ready for JSON, the time in RFC 3339. `erased`: the person's key is gone (decisions 7.8). */
export type AuditRecord = {
  readonly id: number
  readonly time: string
  readonly name: string
  readonly actor: string
  readonly result: string
  readonly reason: string | null
  readonly subject: string | null
  readonly object: string | null
  readonly reset: string | null
  readonly reference: string | null
  readonly method: string | null
  readonly detail: Readonly<Record<string, string | number | boolean>> | null
  readonly person: AuditEvent['person'] | null
  readonly erased: boolean
}

export interface Resets {
  /** `tokenDigest` as `Keys.digest('reset token', token)` made it. */
  insert(reset: Reset, tokenDigest: string): Promise<void>
  /** The reset and the digest of its token; held against others to the end of a transaction. Null: no such id. */
  lock(id: string): Promise<{ readonly reset: Reset; readonly tokenDigest: string } | null>
  save(reset: Reset): Promise<void>
  /** Ids of the unfinished resets of a subject, oldest first; of one source where it is given. */
  live(subject: string, source?: string): Promise<string[]>
  /** Resets in `writing` or `uncertain` whose next look is due, at most `limit`. */
  unsettled(now: Instant, limit: number): Promise<string[]>
  /** When housekeeping looks at an unsettled reset next. */
  lookAgain(id: string, at: Instant): Promise<void>
  /**
   * Deletes finished and expired resets that ended more than `keepMs` ago (TOK-16: within 24 h); above `keptMax` the
   * oldest open ones without a passed gate, and above as many again the ended ones. At most `PRUNE_MAX` rows a call;
   * says how many went.
   */
  prune(now: Instant, keepMs: number, keptMax: number): Promise<number>
}

/** Sign-ins to security info. `tokenDigest` as `Keys.digest('session token', token)` made it. */
export interface Sessions {
  insert(session: Session, tokenDigest: string): Promise<void>
  /** Held against others to the end of a transaction. Null: no such id, or ended. */
  lock(id: string): Promise<{ readonly session: Session; readonly tokenDigest: string } | null>
  /** Ended meanwhile: nothing is saved. `tokenDigest`: another token from now on (SES-02). */
  save(session: Session, tokenDigest?: string): Promise<void>
  end(id: string): Promise<boolean>
  /** All but one where `but` names it. Says how many there were. */
  endAll(subject: string, but?: string): Promise<number>
  /** Deletes those whose time is over, at most `PRUNE_MAX` a call. */
  prune(now: Instant): Promise<number>
}

/** Temporary passes, one for each subject. `digest` as `Keys.digest('pass', …)` made it. */
export interface Passes {
  /** Takes the place of the one before, used or not. */
  issue(pass: Omit<StoredPass, 'usedAt'>, digest: string): Promise<void>
  /** Whose it is and how it stands, under any of the digests; null: nobody's, or replaced. */
  byDigests(digests: readonly string[]): Promise<StoredPass | null>
  /** One conditional statement: true for the first use of a standing pass only (TOK-04). */
  use(subject: string, digests: readonly string[], now: Instant): Promise<boolean>
  /** False where none stood. */
  revoke(subject: string, now: Instant): Promise<boolean>
  /** Deletes those that were used, or ended, more than `keepMs` ago (TOK-16), at most `PRUNE_MAX` a call. */
  prune(now: Instant, keepMs: number): Promise<number>
}

export interface Enrollments {
  of(subject: string): Promise<Enrollment[]>
  /** Names alone: nothing is opened. */
  idsOf(subject: string): Promise<string[]>
  /** Any one of this method, of whomever: for what is true of all. */
  anyOf(method: Enrollment['method']): Promise<Enrollment | null>
  /** Null: no such id, or removed. */
  get(id: string): Promise<Enrollment | null>
  insert(subject: string, enrollment: Enrollment): Promise<void>
  /** As `insert`, for what only one account can hold. `claim` is a pseudonym; false where somebody holds it. */
  assign(subject: string, enrollment: Enrollment, claim: string): Promise<boolean>
  /** What holds a claim; null: nothing. */
  claimed(claim: string): Promise<Enrollment | null>
  /** Everything that holds a claim, by id after `after`, at most `limit`. */
  listClaimed(after: string, limit: number): Promise<Enrollment[]>
  /** Shown to be in its owner's hands, with its secret advanced, if `version` is still the stored one (OTP-06). */
  confirm(id: string, version: number, change: { secret: string; at: Instant }): Promise<boolean>
  /** Saves a used or advanced secret if `version` is still the stored one; false where somebody was faster (TOK-04, OTP-03). */
  advance(id: string, version: number, change: { secret: string; usedAt: Instant }): Promise<boolean>
  /** Another label; false where it is gone. */
  rename(id: string, label: string): Promise<boolean>
  remove(id: string): Promise<boolean>
}

/**
 * Names are pseudonyms already. `decoy`: a row that anybody can cause, of a login that nobody has or of a source; the
 * longest unused of these go first above their bound (DOS-06).
 */
export interface Limits {
  /** Locks the row, decides by `limit.ts`, and stores what is spent only where it is allowed. */
  spend(name: string, limit: Limit, now: Instant, decoy?: boolean): Promise<Decision>
  get(name: string): Promise<Counter | null>
  /** Adds to a plain counter by one atomic statement; says the new state. */
  add(name: string, amount: number, now: Instant, decoy?: boolean): Promise<Counter>
  /** Takes `uses` back, down to 0; the window stays as it is (decisions 2.2). */
  earnBack(name: string, uses: number): Promise<void>
  clear(name: string): Promise<void>
  /** Deletes rows untouched for longer than `idleMs`, but never a counter of failures (name starts with `failures:`); above `decoysMax` the longest unused decoys. */
  prune(now: Instant, idleMs: number, decoysMax: number): Promise<number>
}

export type Letter = {
  readonly id: string
  readonly message: Message
  /** Null: nobody; the row exists so that a decoy costs what a real message costs. The sender drops it. */
  readonly address: Address | null
  readonly attempts: number
  readonly expiresAt: Instant
}

export interface Outbox {
  add(message: Message, address: Address | null, expiresAt: Instant, now: Instant): Promise<void>
  /** At most `limit` due letters, leased for `leaseMs`; nobody else gets them meanwhile. */
  claim(now: Instant, leaseMs: number, limit: number): Promise<Letter[]>
  /** Taken by the provider, or not wanted any more: the row goes. */
  done(id: string): Promise<void>
  again(id: string, at: Instant, error: string): Promise<void>
  /** Given up: kept without its content for administrators (INV-10). */
  dead(id: string, now: Instant, error: string): Promise<void>
  /** Deletes letters whose content has expired; says how many. */
  expire(now: Instant): Promise<number>
  counts(now: Instant): Promise<{ waiting: number; dead: number; oldestWaitingAt: Instant | null }>
}

/** What may happen once: solved bot checks, tickets, link uses. */
export interface Once {
  /** True the first time, false for every later or parallel one, until `until`. */
  use(kind: string, value: string, until: Instant): Promise<boolean>
  prune(now: Instant): Promise<number>
}

export interface SettingsTable {
  /** The newest document, as applied; null before the first. */
  current(): Promise<{ readonly version: number; readonly document: unknown } | null>
  /** False where another version came first. */
  save(expected: number, document: unknown, now: Instant): Promise<boolean>
}

/** Accounts of the built-in directory; everything but id, login keys and version is sealed. */
export type Person = {
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
  /** Former hashes, newest first, as many as the history keeps. */
  readonly history: readonly string[]
  readonly mustChange: boolean
  readonly passwordChangedAt: Instant
  readonly passwordExpiresAt: Instant | null
  readonly wrongPasswords: number
  readonly lockedUntil: Instant | null
  readonly version: number
}

export interface People {
  /** Those whose login or mail, normalised, equals one of `keys`: at most three, so that two matches can be told. */
  byKeys(keys: readonly string[]): Promise<Person[]>
  byId(id: string): Promise<Person | null>
  insert(person: Person, keys: readonly string[]): Promise<void>
  /** False where `version` is not the stored one. The stored version rises by one. */
  update(person: Person, version: number, keys: readonly string[]): Promise<boolean>
  remove(id: string): Promise<boolean>
  /** Ordered by id; at most `limit` after `after`. */
  list(after: string | null, limit: number): Promise<Person[]>
}

/** A notice that can be answered with "this was not me": one link per notice and address (decisions 2.4). */
export type Notice = {
  readonly id: string
  readonly subject: string
  readonly account: AccountRef
  readonly displayName: string
  readonly login: string
  readonly address: string
  readonly reset: string | null
  readonly reference: string
  readonly channels: readonly string[]
  readonly methods: Hold['methods']
  readonly expiresAt: Instant
  readonly usedAt: Instant | null
  /** A method that was added: its dispute removes it. */
  readonly enrollment?: string
}

export interface Notices {
  insert(tokenDigest: string, notice: Notice): Promise<void>
  byDigests(digests: readonly string[]): Promise<Notice | null>
  /** One conditional statement: true for the first use only. */
  use(id: string, now: Instant): Promise<boolean>
  hold(subject: string, hold: Hold, now: Instant): Promise<void>
  holdOf(subject: string, now: Instant): Promise<Hold | null>
  lift(subject: string): Promise<void>
  /** When the last hold over this channel began, lifted or not: null where never. */
  lastHold(subject: string, channel: string): Promise<Instant | null>
  prune(now: Instant): Promise<number>
}

export interface Leases {
  /** True where `holder` has the lease now, until `until`. */
  take(name: string, holder: string, now: Instant, until: Instant): Promise<boolean>
}
