import type { Account, AccountRef } from './account.ts'
import type { AccountName, Authenticated, Changed, Group, Health, Page, Written } from './directory.ts'

/**
 * The calls of the Directory port as an agent takes them, and nothing else: no generic pass-through (AGT-16). Each has the
 * arguments of the port's method of that name.
 */
export type AgentCall =
  | { readonly op: 'find'; readonly login: string }
  | { readonly op: 'findBy'; readonly attribute: string; readonly value: string }
  | { readonly op: 'read'; readonly ref: AccountRef }
  | { readonly op: 'authenticate'; readonly ref: AccountRef; readonly password: string }
  | {
      readonly op: 'setPassword'
      readonly ref: AccountRef
      readonly password: string
      readonly unlock: boolean
      readonly key: string
    }
  | {
      readonly op: 'changePassword'
      readonly ref: AccountRef
      readonly old: string
      readonly password: string
      readonly key: string
    }
  | { readonly op: 'unlock'; readonly ref: AccountRef }
  | { readonly op: 'search' | 'groups'; readonly text: string; readonly page: string | null }
  | { readonly op: 'members'; readonly group: string; readonly page: string | null }
  | { readonly op: 'outcome'; readonly ref: AccountRef; readonly mark: string }
  | { readonly op: 'check' }

/** These change something: one agent gets them, once, and remembers the job (AGT-07, AGT-18). */
export const WRITES = [
  'setPassword',
  'changePassword',
  'unlock',
] as const satisfies readonly AgentCall['op'][]

export type AgentValue =
  | Account
  | null
  | Authenticated
  | Written
  | Changed
  | Page<AccountName>
  | Page<Group>
  | 'changed'
  | 'unchanged'
  | 'unknown'
  | Health

/**
 * `failed`: the directory could not be asked, or its answer was lost (`sent`), as a DirectoryError. `refused`: the agent
 * itself said no, before anything reached the directory.
 */
export type AgentAnswer =
  | { readonly ok: true; readonly value: AgentValue }
  | { readonly ok: false; readonly failed: { readonly sent: boolean } }
  | { readonly ok: false; readonly refused: AgentRefusal }

export const AGENT_REFUSALS = [
  'too_large',
  'malformed',
  'wrong_version',
  'expired',
  'from_the_future',
  'replayed',
  'not_for_me',
  'bad_signature',
  'bad_seal',
  'unknown_operation',
  'outside_policy',
  'too_many',
  'paused',
  'journal_full',
] as const
export type AgentRefusal = (typeof AGENT_REFUSALS)[number]
