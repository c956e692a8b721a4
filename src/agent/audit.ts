import type { Instant } from '../lib/clock.ts'

/**
 * One line of the agent's own audit. `account`: directory and id, as `directory/id`. Never a password, a login or a DN.
 * `paused`: more was asked than people ask. `settled`: what became of a write whose answer was lost.
 */
export type AgentAudit = {
  readonly at: Instant
  readonly event:
    | 'refused'
    | 'authenticated'
    | 'writing'
    | 'written'
    | 'not_written'
    | 'uncertain'
    | 'settled'
    | 'paused'
  readonly job: string | null
  readonly op: string | null
  readonly account: string | null
  readonly reason?: string
}

/** Throws where the record cannot be kept: then nothing is written to the directory (INV-8). */
export type Audit = (record: AgentAudit) => void
