import type { Agent } from '../agent.ts'
import { readAnnouncement } from '../agent-keys.ts'
import { CLOCK_SKEW_MS, type Ends, JOB_LIFE_MS } from '../agent-message.ts'
import type { AgentNote, ServerNote } from '../agent-note.ts'
import type { Tx } from '../store/store.ts'
import type { World } from './world.ts'

type Said = {
  readonly id: string
  /** The pair that signed the note. */
  readonly by: string
  readonly clockOffsetMs: number
  readonly note: Exclude<AgentNote, { kind: 'leaving' }>
  readonly ends: Ends
}

/** `agent`: as it is now, perhaps revoked. `bad`: what it said was not its to say. */
type Told = { readonly agent?: Agent; readonly say?: ServerNote } | 'bad'

/** Keeps what an agent says of itself, its new keys, and which of ours it has pinned. Throws `not-now`. */
export async function takeAgentNote(world: Pick<World, 'store' | 'clock'>, said: Said): Promise<Told> {
  return world.store.transact(async tx => {
    const agent = await tx.agents.lock(said.id)
    if (!agent) return 'bad'
    if (agent.status === 'revoked') return { agent }
    if (said.note.kind === 'heartbeat') return noteHeartbeat(world, tx, agent, { ...said, note: said.note })
    if (said.note.kind === 'announcement') return addKeys(world, tx, agent, said.ends, said.note.text)
    return notePinned(tx, agent, said.note.key)
  })
}

async function noteHeartbeat(
  world: Pick<World, 'clock'>,
  tx: Tx,
  agent: Agent,
  said: Said & { readonly note: Extract<AgentNote, { kind: 'heartbeat' }> },
): Promise<Told> {
  const { kind: _kind, ...beat } = said.note
  const heartbeat = { ...beat, at: world.clock.now(), clockOffsetMs: said.clockOffsetMs }
  await tx.agents.noteHeartbeat(agent.id, heartbeat)
  const kept = await dropOlder(tx, { ...agent, heartbeat }, said)
  return { agent: kept }
}

/** Once it signs by its newest pair, and nothing that was sealed to an older one can still be on its way. */
async function dropOlder(tx: Tx, agent: Agent, { by }: Said): Promise<Agent> {
  const { heartbeat } = agent
  const newest = agent.keys.at(-1)
  const isOver = (heartbeat?.at ?? 0) - (agent.rolledAt ?? 0) > JOB_LIFE_MS + CLOCK_SKEW_MS
  if (agent.keys.length < 2 || !newest || newest.id !== by || !isOver) return agent
  const kept = { ...agent, keys: [newest] }
  await tx.agents.save(kept)
  return kept
}

async function addKeys(
  world: Pick<World, 'clock'>,
  tx: Tx,
  agent: Agent,
  ends: Ends,
  text: string,
): Promise<Told> {
  const announced = readAnnouncement('agent', ends, text)
  if (!announced.ok) return 'bad'
  const { value: fresh } = announced
  const say = { kind: 'pinned', key: fresh.id } as const
  if (agent.keys.at(-1)?.id === fresh.id) return { say }
  const keys = [...agent.keys.filter(({ id }) => id !== fresh.id).slice(-1), fresh]
  const rolled = { ...agent, keys, rollAskedAt: null, rolledAt: world.clock.now() }
  await tx.agents.save(rolled)
  const detail = { id: agent.id, key: fresh.id }
  await tx.audit({ name: 'agent.keys_rolled', actor: 'server', result: 'ok', object: agent.name, detail })
  return { agent: rolled, say }
}

async function notePinned(tx: Tx, agent: Agent, key: string): Promise<Told> {
  const own = await tx.agentKeys.list()
  if (!own.some(({ id }) => id === key)) return 'bad'
  const pinned = { ...agent, pinned: key }
  if (agent.pinned !== key) await tx.agents.save(pinned)
  return { agent: pinned, say: { kind: 'settled', key } }
}
