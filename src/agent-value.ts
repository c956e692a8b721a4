import type { Account } from './account.ts'
import { AGENT_REFUSALS, type AgentAnswer, type AgentCall, hasExactly } from './agent-call.ts'
import { REFUSAL_REASONS } from './directory.ts'

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string'
const isFlag: Check = value => typeof value === 'boolean'
const isNumber: Check = value => typeof value === 'number'
const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value)
const listOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check)
const oneOf =
  (...words: readonly string[]): Check =>
  value =>
    words.some(word => word === value)
const exactly =
  (fields: Readonly<Record<string, Check>>): Check =>
  value =>
    hasExactly(value, fields)
const either =
  (...checks: readonly Check[]): Check =>
  value =>
    checks.some(check => check(value))
/** Those of `optional` may be missing. */
const withSome =
  (fields: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>>): Check =>
  value => {
    const given = Object.entries(optional).filter(([name]) => Object.hasOwn(Object(value), name))
    return hasExactly(value, { ...fields, ...Object.fromEntries(given) })
  }

const isRef = exactly({ directory: isText, id: isText })
const isRule = either(
  exactly({
    name: oneOf('min_length', 'max_length', 'history', 'character_kinds', 'min_age_ms'),
    value: isNumber,
  }),
  exactly({ name: oneOf('no_name', 'not_banned', 'not_breached') }),
)

/** `place` stays on the agent's side. */
const ACCOUNT = {
  ref: isRef,
  login: isText,
  displayName: isText,
  status: oneOf('active', 'disabled', 'expired'),
  locked: isFlag,
  lockedForGood: isFlag,
  mustChange: isFlag,
  protectedBecause: orNull(isText),
  privileged: isFlag,
  groups: listOf(isText),
  mail: listOf(isText),
  contacts: listOf(exactly({ method: oneOf('email'), attribute: isText, address: isText })),
  names: listOf(isText),
  locale: orNull(isText),
  passwordChangedAt: orNull(isNumber),
  tooYoungUntil: orNull(isNumber),
  rules: orNull(listOf(isRule)),
  lockoutThreshold: orNull(isNumber),
  mark: isText,
} satisfies Record<Exclude<keyof Account, 'place'>, Check>

const isAccountOrNull = orNull(exactly(ACCOUNT))
const isYes = exactly({ ok: value => value === true })
const isRefusal = withSome({ reason: oneOf(...REFUSAL_REASONS) }, { value: isNumber, until: isNumber })
const isWritten = either(isYes, exactly({ ok: value => value === false, refusal: isRefusal }))
const isChanged = either(
  isWritten,
  exactly({ ok: value => value === false, refusal: oneOf('wrong_old', 'locked') }),
)
const pageOf = (item: Check): Check => exactly({ items: listOf(item), next: orNull(isText) })
const isNames = pageOf(exactly({ ref: isRef, login: isText, displayName: isText }))
const isFinding = exactly({ level: oneOf('ok', 'warning', 'error', 'unknown'), text: isText })

const VALUES: Readonly<Record<AgentCall['op'], Check>> = {
  find: isAccountOrNull,
  findBy: isAccountOrNull,
  read: isAccountOrNull,
  authenticate: oneOf('yes', 'must_change', 'no', 'locked', 'disabled'),
  setPassword: isWritten,
  changePassword: isChanged,
  unlock: isWritten,
  search: isNames,
  groups: pageOf(exactly({ id: isText, name: isText })),
  members: isNames,
  outcome: oneOf('changed', 'unchanged', 'unknown'),
  check: exactly({ reachable: isFlag, writable: isFlag, warnings: listOf(isFinding) }),
}

const isNo = (value: unknown): boolean => value === false

/** `value` as JSON gave it, in answer to `op`. Null: a field missing, unknown or of another type; no answer to that. */
export function asAnswer(op: string, value: unknown): AgentAnswer | null {
  const held = Object.entries(VALUES).find(([name]) => name === op)?.[1] ?? (() => false)
  const isAnswer = either(
    exactly({ ok: given => given === true, value: held }),
    exactly({ ok: isNo, failed: exactly({ sent: isFlag }) }),
    exactly({ ok: isNo, refused: oneOf(...AGENT_REFUSALS) }),
  )
  // as: every field was held to the tables above, which have the names and types of AgentAnswer.
  return isAnswer(value) ? (value as AgentAnswer) : null
}
