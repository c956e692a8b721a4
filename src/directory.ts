import type { Account, AccountRef } from './account.ts'
import type { Instant } from './lib/clock.ts'

export const REFUSAL_REASONS = [
  'too_short',
  'too_long',
  'not_complex',
  'in_history',
  'too_young',
  'same_as_current',
  'banned',
  'contains_name',
  'breached',
  'not_allowed',
  'policy',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The no of a directory or of our own rules, by name. `policy`: one of several, the directory does not say which. */
export type Refusal = { readonly reason: RefusalReason; readonly value?: number; readonly until?: Instant }

export type Written = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal }
export const written: Written = { ok: true }
export const refusedFor = (reason: RefusalReason, detail: Omit<Refusal, 'reason'> = {}): Written => ({
  ok: false,
  refusal: { reason, ...detail },
})

/** What a password proved. `must_change`: right, but it opens nothing until it is changed. */
export type Authenticated = 'yes' | 'must_change' | 'no' | 'locked' | 'disabled'

export type Capabilities = {
  readonly reset: boolean
  readonly change: boolean
  readonly unlock: boolean
  readonly authenticate: boolean
  /** A reset, too, is refused when the password is in the history. */
  readonly historyOnReset: boolean
}

/** Whether the directory can be asked and written now; `warnings` are for administrators (`postern doctor`). */
export type Health = {
  readonly reachable: boolean
  readonly writable: boolean
  readonly warnings: readonly Finding[]
}
export type Finding = { readonly level: 'ok' | 'warning' | 'error' | 'unknown'; readonly text: string }

export type Group = { readonly id: string; readonly name: string }
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }

/** At most this many names a page, whatever the directory would give. */
export const PAGE_ITEMS_MAX = 100

/**
 * PORT: where accounts and passwords live.
 *
 * Every call ends in one of three ways: a value that says yes, a value that says no and why, or a throw, which
 * means that nobody knows. A write that throws may have happened: it is settled by `outcome`, never by writing
 * again. No call outlives `signal`. Text of the directory never leaves it.
 */
export interface Directory {
  readonly name: string
  readonly can: Capabilities
  /** The domains behind @ (and NetBIOS names) whose logins belong to this directory. */
  readonly domains: readonly string[]
  /**
   * The one account that `login` (trimmed, otherwise as typed: UPN, mail or account name) names. Null: not mine, or
   * more than one matched, or the directory folds letters that differ by more than case, accents or width.
   */
  find(login: string, signal: AbortSignal): Promise<Account | null>
  /**
   * The one account that has exactly `text` in `attribute`, an immutable one: the way from what an identity provider says.
   * Null: nobody, several, only something alike, or nobody is found by this attribute here.
   */
  findBy(attribute: string, text: string, signal: AbortSignal): Promise<Account | null>
  /** The account by its immutable id, wherever it was moved or renamed to. Null: gone, or outside the base. */
  read(ref: AccountRef, signal: AbortSignal): Promise<Account | null>
  /** Never sends an empty password (RFC 4513 section 5.1.2). */
  authenticate(ref: AccountRef, password: string, signal: AbortSignal): Promise<Authenticated>
  /**
   * Sets a password by the right of the service account, and unlocks where `unlock`. The directory's own policy is
   * asked for where it can be. `key` names the attempt in logs. Status and protection are read again on the
   * connection that writes: an account that may not be written is `not_allowed`.
   */
  setPassword(
    ref: AccountRef,
    write: { password: string; unlock: boolean; key: string },
    signal: AbortSignal,
  ): Promise<Written>
  /** With the old password, by the person's own right; `not_allowed` where the old one is wrong or locked. */
  changePassword(
    ref: AccountRef,
    change: { old: string; password: string; key: string },
    signal: AbortSignal,
  ): Promise<Changed>
  /** Idempotent: an account that is not locked is a yes. */
  unlock(ref: AccountRef, signal: AbortSignal): Promise<Written>
  search(text: string, page: string | null, signal: AbortSignal): Promise<Page<AccountName>>
  groups(text: string, page: string | null, signal: AbortSignal): Promise<Page<Group>>
  members(group: string, page: string | null, signal: AbortSignal): Promise<Page<AccountName>>
  /**
   * Settles a lost answer by reading, on the server that was written: did the password change since `mark`?
   * `unknown`: somebody else may have written in the same moment, or the mark cannot be compared.
   */
  outcome(ref: AccountRef, mark: string, signal: AbortSignal): Promise<'changed' | 'unchanged' | 'unknown'>
  check(signal: AbortSignal): Promise<Health>
  /** Ends idle connections. The directory is not used afterwards. */
  close(): Promise<void>
}

/** `wrong_old`: the old password does not match. `locked`: too many wrong ones before. */
export type Changed = Written | { readonly ok: false; readonly refusal: 'wrong_old' | 'locked' }

export type AccountName = { readonly ref: AccountRef; readonly login: string; readonly displayName: string }

/**
 * The directory could not be asked, or its answer was lost. `sent`: the request left us, so a write may have
 * happened. Adapters throw nothing else on purpose.
 */
export class DirectoryError extends Error {
  readonly sent: boolean
  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'DirectoryError'
    this.sent = sent
  }
}

/** Too many ask at once, or the directory rests: it never heard of this call. */
export class NotAskedError extends DirectoryError {
  constructor(message: string, cause?: unknown) {
    super(message, false, cause)
  }
}
