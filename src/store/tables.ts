import type { Generated } from 'kysely'

/**
 * The columns of every table, the same in both engines. Clear text stands only where a query needs it and never names
 * a person: subjects, sources and names of limits are pseudonyms. Moments are milliseconds, flags are 0 and 1.
 */
export interface Tables {
  migrations: { number: number; name: string; applied_at: number }
  key_check: { id: number; sealed: string; pseudonym: string }
  resets: {
    id: string
    token_digest: string
    subject: string
    source: string
    passed: number
    started_at: number
    expires_at: number
    /** Null while the reset is open. */
    ended_at: number | null
    /** Set in `writing` and `uncertain` only. */
    look_at: number | null
    reset: string
  }
  sessions: { id: string; token_digest: string; subject: string; ends_at: number; session: string }
  passes: { subject: string; digest: string; reference: string; expires_at: number; used_at: number | null }
  reviews: { subject: string; reviewed_at: number | null; dismissed_until: number | null }
  /** One row at most: a new campaign takes the place of the former one. */
  campaigns: { id: string; state: string; started_at: number; campaign: string }
  campaign_people: {
    campaign: string
    subject: string
    mailed_at: number | null
    /** When they were looked at for a reminder. */
    again_at: number | null
    person: string
  }
  enrollments: {
    id: string
    subject: string
    method: string
    version: number
    used_at: number | null
    secret: string
    details: string
    /** Pseudonym of what only one account can hold: a token's serial number. */
    claim: string | null
  }
  limits: {
    name: string
    value: number
    at: number
    touched_at: number
    decoy: number
    /** A counter of failures: time alone never deletes it (RL-01). */
    lasting: number
  }
  outbox: {
    id: string
    kind: string
    /** Null once the letter is dead. */
    letter: string | null
    /** The end of a lease is the next moment at which it is due: one column for both. */
    due_at: number
    attempts: number
    created_at: number
    expires_at: number
    dead_at: number | null
    error: string | null
  }
  once: { kind: string; value: string; until: number }
  settings: { version: number; document: string; applied_at: number }
  people: { id: string; version: number; person: string }
  people_keys: { key: string; person: string }
  notices: {
    id: string
    token_digest: string
    subject: string
    expires_at: number
    used_at: number | null
    notice: string
  }
  holds: {
    id: string
    subject: string
    began_at: number
    until: number
    lifted_at: number | null
    hold: string
  }
  leases: { name: string; holder: string; until: number }
  /** `live`: 1 until it is revoked. What an agent is stands in `agent` alone, where nobody can alter it. */
  agents: {
    id: string
    name: string
    live: number
    version: number
    agent: string
    heartbeat: string | null
  }
  agent_invitations: { name: string; id: string; expires_at: number; invitation: string }
  agent_keys: { id: string; created_at: number; keys: string }
  account_keys: { subject: string; key: string }
  audit: {
    id: Generated<number>
    /** A random name of the record: what is sealed in it is bound to this, since `id` is known only afterwards. */
    record: string
    at: number
    name: string
    actor: string
    result: string
    reason: string | null
    subject: string | null
    object: string | null
    reset: string | null
    reference: string | null
    method: string | null
    detail: string | null
    person: string | null
    /** For the sealer that comes later: its place in the chain and its digest (decisions 7.8). */
    place: number | null
    digest: string | null
  }
}
