import type { AccountRef } from './account.ts'
import type { Instant } from './lib/clock.ts'

/**
 * Asks people who lack methods to set them up, each once. `paused`: nothing goes until somebody resumes it. `stopped`: by an
 * operator, for good. `done`: everybody was looked at, and reminded where that was asked for.
 */
export type Campaign = {
  readonly id: string
  readonly state: 'running' | 'paused' | 'stopped' | 'done'
  readonly startedAt: Instant
  /** Null: nobody is reminded. */
  readonly remindAfterDays: number | null
  /** The page that is walked; null: everybody was looked at. Walking a page again mails nobody twice. */
  readonly cursor: Cursor | null
  /** How many people were looked at. */
  readonly seen: number
  readonly reminders: number
}

export type Cursor = { readonly directory: string; readonly page: string | null }

/** Somebody who lacked methods when they were looked at. */
export type Invited = {
  readonly subject: string
  readonly ref: AccountRef
  readonly login: string
  /** Null: there is no address to write to. */
  readonly mailedAt: Instant | null
}

export const REMIND_DAYS = { min: 1, max: 90 } as const

export const isOpen = ({ state }: Campaign): boolean => state === 'running' || state === 'paused'
