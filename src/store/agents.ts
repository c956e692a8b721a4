import type { Agent, AgentInvitation, Heartbeat } from '../agent.ts'
import type { Instant } from '../lib/clock.ts'
import type { Keys } from '../lib/seal.ts'
import type { Connection } from './connection.ts'
import { statement } from './statement.ts'

export interface Agents {
  /** False where an agent that is not revoked has the name. */
  insert(agent: Agent): Promise<boolean>
  /** Held against others to the end of a transaction. Null: no such id. */
  lock(id: string): Promise<Agent | null>
  /** Everything but the heartbeat, of one that was locked. */
  save(agent: Agent): Promise<void>
  noteHeartbeat(id: string, heartbeat: Heartbeat): Promise<void>
  /** All, revoked ones too, ordered by id. */
  list(): Promise<Agent[]>
}

export interface AgentInvitations {
  /** Takes the place of an earlier one of that name. */
  issue(invitation: AgentInvitation): Promise<void>
  get(id: string): Promise<AgentInvitation | null>
  /** One conditional statement: true once, and only in its time. */
  use(id: string, now: Instant): Promise<boolean>
  prune(now: Instant): Promise<number>
}

/** Our own pairs towards agents. `secret` is opaque here. */
export type StoredAgentKeys = { readonly id: string; readonly createdAt: Instant; readonly secret: string }

export interface AgentKeys {
  /** Oldest first. */
  list(): Promise<StoredAgentKeys[]>
  insert(keys: StoredAgentKeys): Promise<void>
  remove(id: string): Promise<boolean>
}

/** What an agent is, its keys and its directory too, is sealed whole: who can write the database can make up no agent. */
export function agents(db: Connection, keys: Keys): Agents {
  const open = (row: Row): Agent => ({
    // as: what was sealed here was an Agent and a Heartbeat, and the seal vouches for them.
    ...(JSON.parse(keys.open(row.agent, agentPlace(row.id))) as Omit<Agent, 'heartbeat'>),
    heartbeat:
      row.heartbeat === null
        ? null
        : (JSON.parse(keys.open(row.heartbeat, heartbeatPlace(row.id))) as Heartbeat),
  })
  const sealed = ({ heartbeat: _out, ...agent }: Agent) => ({
    id: agent.id,
    name: agent.name,
    live: agent.status === 'revoked' ? 0 : 1,
    agent: keys.seal(JSON.stringify(agent satisfies Omit<Agent, 'heartbeat'>), agentPlace(agent.id)),
  })
  return {
    insert: async agent => (await db.changed(insertAgent, sealed(agent))) === 1,
    async lock(id) {
      const row = await db.row(db.writes ? lockAgent : findAgent, { id })
      return row ? open(row) : null
    },
    save: async agent => void (await db.changed(saveAgent, sealed(agent))),
    async noteHeartbeat(id, heartbeat) {
      const text = keys.seal(JSON.stringify(heartbeat), heartbeatPlace(id))
      await db.changed(saveHeartbeat, { id, heartbeat: text })
    },
    list: async () => (await db.rows(allAgents, {})).map(open),
  }
}

const agentPlace = (id: string): string => `agents/${id}/agent`
const heartbeatPlace = (id: string): string => `agents/${id}/heartbeat`

type Row = { id: string; agent: string; heartbeat: string | null }
type Saved = { id: string; name: string; live: number; agent: string }

/** Two who enrol under one name meet at the index of names. */
const insertAgent = statement((db, p: Saved) =>
  db
    .insertInto('agents')
    .values({ id: p.id, name: p.name, live: p.live, version: 1, agent: p.agent, heartbeat: null })
    .onConflict(row => row.doNothing()),
)
const allAgents = statement(db => db.selectFrom('agents').select(['id', 'agent', 'heartbeat']).orderBy('id'))
const findAgent = statement((db, p: { id: string }) =>
  db.selectFrom('agents').select(['id', 'agent', 'heartbeat']).where('id', '=', p.id),
)
const lockAgent = statement((db, p: { id: string }, engine) => {
  const query = db.selectFrom('agents').select(['id', 'agent', 'heartbeat']).where('id', '=', p.id)
  return engine === 'postgres' ? query.forUpdate() : query
})
/** The version tells a restore which of two is the later one. */
const saveAgent = statement((db, p: Saved) =>
  db
    .updateTable('agents')
    .set(eb => ({ name: p.name, live: p.live, agent: p.agent, version: eb('version', '+', 1) }))
    .where('id', '=', p.id),
)
const saveHeartbeat = statement((db, p: { id: string; heartbeat: string }) =>
  db.updateTable('agents').set({ heartbeat: p.heartbeat }).where('id', '=', p.id),
)

export const agentInvitations = (db: Connection, keys: Keys): AgentInvitations => ({
  async issue(invitation) {
    const { name, id, expiresAt } = invitation
    const sealed = keys.seal(JSON.stringify(invitation), invitationPlace(id))
    await db.changed(replaceInvitation, { name, id, expires_at: expiresAt, invitation: sealed })
  },
  async get(id) {
    const row = await db.row(findInvitation, { id })
    // as: what was sealed here was an AgentInvitation, and the seal vouches for it.
    return row ? (JSON.parse(keys.open(row.invitation, invitationPlace(id))) as AgentInvitation) : null
  },
  use: async (id, now) => (await db.changed(useInvitation, { id, now })) === 1,
  prune: now => db.changed(deleteExpired, { now }),
})

const invitationPlace = (id: string): string => `agent_invitations/${id}/invitation`

type Issued = { name: string; id: string; expires_at: number; invitation: string }
const replaceInvitation = statement((db, p: Issued) => {
  const fresh = { id: p.id, expires_at: p.expires_at, invitation: p.invitation }
  return db
    .insertInto('agent_invitations')
    .values({ name: p.name, ...fresh })
    .onConflict(row => row.column('name').doUpdateSet(fresh))
})
const findInvitation = statement((db, p: { id: string }) =>
  db.selectFrom('agent_invitations').select('invitation').where('id', '=', p.id),
)
const useInvitation = statement((db, p: { id: string; now: number }) =>
  db.deleteFrom('agent_invitations').where('id', '=', p.id).where('expires_at', '>', p.now),
)
const deleteExpired = statement((db, p: { now: number }) =>
  db.deleteFrom('agent_invitations').where('expires_at', '<=', p.now),
)

export const agentKeys = (db: Connection, keys: Keys): AgentKeys => ({
  list: async () =>
    (await db.rows(allKeys, {})).map(row => ({
      ...{ id: row.id, createdAt: row.created_at },
      secret: keys.open(row.keys, keysPlace(row.id)),
    })),
  async insert({ id, createdAt, secret }) {
    await db.changed(insertKeys, { id, created_at: createdAt, keys: keys.seal(secret, keysPlace(id)) })
  },
  remove: async id => (await db.changed(deleteKeys, { id })) === 1,
})

const keysPlace = (id: string): string => `agent_keys/${id}/keys`

const allKeys = statement(db =>
  db.selectFrom('agent_keys').select(['id', 'created_at', 'keys']).orderBy('created_at').orderBy('id'),
)
const insertKeys = statement((db, p: { id: string; created_at: number; keys: string }) =>
  db.insertInto('agent_keys').values({ id: p.id, created_at: p.created_at, keys: p.keys }),
)
const deleteKeys = statement((db, p: { id: string }) => db.deleteFrom('agent_keys').where('id', '=', p.id))
