import type { Finding } from './directory.ts'
import { type Instant, minutes, seconds } from './lib/clock.ts'

/** The version of what server and agent say to each other; both sides refuse any other (AGT-09, decisions 5.4). */
export const PROTOCOL = 1

/** Public halves, base64url of the raw 32 bytes; `id` names the pair in every message. */
export type PublicKeys = {
  readonly id: string
  /** Ed25519 (RFC 8032): signs every hello, call and answer. */
  readonly sign: string
  /** X25519 (RFC 7748): what the other side seals to (HPKE, RFC 9180). */
  readonly seal: string
}

/** One agent as the server keeps it. `keys`: the newest last; an older one still opens what is on its way while it rolls. */
export type Agent = {
  readonly id: string
  readonly name: string
  /** The directory whose calls it answers. */
  readonly directory: string
  /** `waiting`: enrolled, its fingerprint not confirmed by an administrator yet. */
  readonly status: 'waiting' | 'active' | 'revoked'
  readonly keys: readonly PublicKeys[]
  /** The pair of ours that it last said it holds: what its calls are signed with. */
  readonly pinned: string
  /** It was asked to make new keys, and has not yet. */
  readonly rollAskedAt: Instant | null
  /** When its newest pair came. */
  readonly rolledAt: Instant | null
  readonly enrolledAt: Instant
  readonly confirmedAt: Instant | null
  readonly revokedAt: Instant | null
  readonly heartbeat: Heartbeat | null
}

/** What an agent says of itself, every 15 s and when it changes (AGT-21). */
export type Heartbeat = {
  readonly at: Instant
  readonly version: string
  /** Its clock minus ours, in milliseconds, as seen at the hello. */
  readonly clockOffsetMs: number
  readonly reachable: boolean
  readonly writable: boolean
  /** What the directory can do, and what its service account may do, or may do too much. */
  readonly can: import('./directory.ts').Capabilities
  readonly findings: readonly Finding[]
  /** Paused by itself: unusual volume (AGT-15). */
  readonly paused: boolean
}

/** Waits for the one agent that knows its code, once (AGT-02). `id` and `key` are what `inviteOf` makes of the code. */
export type AgentInvitation = {
  readonly id: string
  readonly name: string
  readonly directory: string
  readonly key: string
  readonly expiresAt: Instant
}
export const INVITATION_MS = minutes(10)

/** One every 15 s; an agent that has missed two, and is late with the third, is not there. */
export const HEARTBEAT_MS = seconds(15)
export const SILENT_MS = seconds(40)
/** More than the skew that calls allow for is worth a word. */
const CLOCK_OFFSET_MAX_MS = seconds(10)

/** Closes the connection of an agent that was revoked; told to nobody who has not proven who they are. */
export const REVOKED_CODE = 4403

/** What administrators see (spec/entra-sspr.md 6.10): one word for each agent. */
export const AGENT_STATES = [
  'waiting_for_confirmation',
  'running',
  'not_connected',
  'directory_unreachable',
  'needs_attention',
  'revoked',
] as const
export type AgentState = (typeof AGENT_STATES)[number]

export function agentState({ status, heartbeat }: Agent, now: Instant): AgentState {
  if (status === 'revoked') return 'revoked'
  if (status === 'waiting') return 'waiting_for_confirmation'
  if (!heartbeat || now - heartbeat.at > SILENT_MS) return 'not_connected'
  if (!heartbeat.reachable) return 'directory_unreachable'
  const isTroubled =
    heartbeat.paused ||
    !heartbeat.writable ||
    Math.abs(heartbeat.clockOffsetMs) > CLOCK_OFFSET_MAX_MS ||
    heartbeat.findings.some(({ level }) => level === 'warning' || level === 'error')
  return isTroubled ? 'needs_attention' : 'running'
}
