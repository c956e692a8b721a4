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

/**
 * Each says that this very message did nothing. `replayed` says nothing about the job, which another message may have
 * done: who asked as if it were the first does not know.
 */
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

/** Who is meant, where a call is about an account. */
export const refOfCall = (call: AgentCall): AccountRef | null => ('ref' in call ? call.ref : null)

export const isWrite = (op: string): op is (typeof WRITES)[number] => WRITES.some(write => write === op)

type Check = (value: unknown) => boolean
const isText: Check = value => typeof value === 'string'
const isTextOrNull: Check = value => value === null || isText(value)
const isFlag: Check = value => typeof value === 'boolean'
const isRef: Check = value => hasExactly(value, { directory: isText, id: isText })

/** Every call with every field it has; whatever else came is no call (AGT-16, AGT-22). */
const FIELDS: Readonly<Record<AgentCall['op'], Readonly<Record<string, Check>>>> = {
  find: { login: isText },
  findBy: { attribute: isText, value: isText },
  read: { ref: isRef },
  authenticate: { ref: isRef, password: isText },
  setPassword: { ref: isRef, password: isText, unlock: isFlag, key: isText },
  changePassword: { ref: isRef, old: isText, password: isText, key: isText },
  unlock: { ref: isRef },
  search: { text: isText, page: isTextOrNull },
  groups: { text: isText, page: isTextOrNull },
  members: { group: isText, page: isTextOrNull },
  outcome: { ref: isRef, mark: isText },
  check: {},
}

/** `value` as JSON gave it. Null: an operation that is none, a field missing, unknown or of another type. */
export function asCall(value: unknown): AgentCall | null {
  if (typeof value !== 'object' || value === null || !('op' in value)) return null
  const fields = Object.entries(FIELDS).find(([op]) => op === value.op)?.[1]
  // as: every field was held to the table of its operation, which has the same names and types.
  return fields && hasExactly(value, { op: isText, ...fields }) ? (value as AgentCall) : null
}

/** Own fields, no more and no fewer, each of its type. */
export function hasExactly(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return (
    entries.length === Object.keys(fields).length &&
    entries.every(([name, held]) => Object.hasOwn(fields, name) && fields[name]?.(held) === true)
  )
}
