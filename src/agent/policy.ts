import { type Account, foldGroupName } from '../account.ts'
import type { AgentCall, AgentRefusal } from '../agent-call.ts'
import { type Instant, minutes } from '../lib/clock.ts'

/** `browse`: search, groups, members. Finding, reading and checking is what every other one needs: always allowed. */
export const AGENT_OPERATIONS = ['reset', 'change', 'unlock', 'authenticate', 'browse'] as const
export type AgentOperation = (typeof AGENT_OPERATIONS)[number]

/** What an administrator of the agent's host allows. It holds even against a hijacked server (AGT-14). */
export type AgentPolicy = {
  /**
   * DNs; an account lies in one of them or below, and for the server any other is not there. Null: the base of the
   * directory is the only limit; empty: nobody is there.
   */
  readonly allowedOus: readonly string[] | null
  /** DN, name or SID; members, nested too, are never written. */
  readonly protectedGroups: readonly string[]
  readonly operations: readonly AgentOperation[]
  /** Resets, changes and unlocks together. */
  readonly resetsPerMinute: number
}

const NEEDS: Readonly<Record<AgentCall['op'], AgentOperation | null>> = {
  find: null,
  findBy: null,
  read: null,
  outcome: null,
  check: null,
  authenticate: 'authenticate',
  setPassword: 'reset',
  changePassword: 'change',
  unlock: 'unlock',
  search: 'browse',
  groups: 'browse',
  members: 'browse',
}

/** A reset with `unlock` needs both: else a server could unlock by resetting. */
export const allowsOperation = ({ operations }: AgentPolicy, call: AgentCall): boolean => {
  const needed = NEEDS[call.op]
  const unlocks = call.op === 'setPassword' && call.unlock
  return (needed === null || operations.includes(needed)) && (!unlocks || operations.includes('unlock'))
}

/** Whether the account lies where the agent may look. An account without a place (no tree) lies nowhere. */
export function isInside({ allowedOus }: AgentPolicy, { place }: Account): boolean {
  if (allowedOus === null) return true
  const path = place === undefined ? null : partsOfDn(place)
  return path !== null && allowedOus.some(ou => endsWith(path, partsOfDn(ou)))
}

/** Null: the agent itself protects nobody of that kind. */
export function protectedBy({ protectedGroups }: AgentPolicy, { groups }: Account): string | null {
  const mine = new Set(groups.map(foldGroupName))
  const named = protectedGroups.find(group => mine.has(foldGroupName(group)))
  return named === undefined ? null : `member of ${named}`
}

/** Null: may be written, unless the directory itself says no. Else why not, for the agent's own audit. */
export function whyNotWritten(policy: AgentPolicy, account: Account): string | null {
  if (!isInside(policy, account)) return 'outside the allowed units'
  return protectedBy(policy, account)
}

const endsWith = (path: readonly string[], end: readonly string[] | null): boolean =>
  end !== null && end.length > 0 && end.every((part, at) => path.at(at - end.length) === part)

/**
 * The parts of a DN (RFC 4514), folded, their escapes undone: a comma in a name is none between two. Null: with quotes
 * (RFC 2253) or a lone backslash, which is inside of nothing.
 */
function partsOfDn(dn: string): readonly string[] | null {
  if (dn.includes('"') || /^(\\\\|\\[^\\]|[^\\])*\\$/.test(dn)) return null
  const parts = dn.match(/^,|,(?=,|$)/) ? null : dn.match(/(\\.|[^\\,])+/gsu)
  return parts?.map(part => fold(unescaped(part))) ?? null
}

/** Escaped signs that mean something inside a part keep a mark, so that they stay apart from those. */
const unescaped = (part: string): string =>
  part.replace(/(\\[0-9a-f]{2})+|\\(.)/gisu, (whole, hex: string | undefined, sign: string | undefined) => {
    const text = hex ? Buffer.from(whole.replaceAll('\\', ''), 'hex').toString('utf8') : (sign ?? '')
    return text.replace(/[=+]/g, '\\$&')
  })

const fold = (part: string): string =>
  part
    .toLowerCase()
    .trim()
    .replace(/\s*=\s*/, '=')
    .replace(/\s+/g, ' ')

/** When writes were granted and turned away in the last minute. */
export type Volume = {
  readonly granted: readonly Instant[]
  readonly turnedAway: readonly Instant[]
  readonly pausedUntil: Instant | null
}
export const quiet: Volume = { granted: [], turnedAway: [], pausedUntil: null }

/**
 * Twice what is allowed in a minute is not people any more: the agent pauses by itself, and says so (AGT-15). It goes on
 * after this time, since nobody may be there.
 */
export const PAUSE_MS = minutes(15)

/** One write is asked for. Whatever a clock does, what lies within a minute of now counts. */
export function spendWrite(
  { resetsPerMinute }: AgentPolicy,
  volume: Volume,
  now: Instant,
): { readonly volume: Volume; readonly refusal: Extract<AgentRefusal, 'too_many' | 'paused'> | null } {
  const recent = (all: readonly Instant[]) => all.filter(at => Math.abs(now - at) < minutes(1))
  const granted = recent(volume.granted)
  const turnedAway = recent(volume.turnedAway)
  if (isPaused(volume, now)) return { volume, refusal: 'paused' }
  if (granted.length < resetsPerMinute)
    return { volume: { granted: [...granted, now], turnedAway, pausedUntil: null }, refusal: null }
  const tooMany = [...turnedAway, now]
  const isUnusual = tooMany.length > resetsPerMinute
  return {
    volume: { granted, turnedAway: tooMany, pausedUntil: isUnusual ? now + PAUSE_MS : null },
    refusal: isUnusual ? 'paused' : 'too_many',
  }
}

export const isPaused = ({ pausedUntil }: Volume, now: Instant): boolean =>
  pausedUntil !== null && now < pausedUntil && pausedUntil - now <= PAUSE_MS
