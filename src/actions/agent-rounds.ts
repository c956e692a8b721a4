import { days, pause, seconds } from '../lib/clock.ts'
import type { Tx } from '../store/store.ts'
import { type AgentBook, addOwnKeys } from './agent-book.ts'
import type { AgentDesk } from './agent-desk.ts'
import type { World } from './world.ts'

/** What an administrator does in another process is noticed within this; AGT-12 asks for 30 s. */
const LOOK_MS = seconds(2)

/** AGT-13: 180 days at most, with a month for agents that are switched off when a pair is announced. */
export const OWN_KEYS_ROLL_MS = days(150)
/** An agent that still has not heard of a newer pair by then enrols again. */
const OWN_KEYS_MAX_MS = days(360)

/** Reads the agents anew every 2 s, and acts on what has changed, until stopped. */
export function startAgentRounds(world: World, book: AgentBook, desk: AgentDesk): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await book.refresh()
        desk.refresh()
      } catch (cause) {
        world.log.error('the agents could not be read, and are read again', { cause })
      }
      await pause(LOOK_MS, stopped.signal)
    }
  }
  const running = run()
  return {
    async stop() {
      stopped.abort()
      await running
    },
  }
}

/** For housekeeping: rolls our pair when it is old, and drops those that no agent needs. Says how many went. */
export async function tidyAgentKeys({ clock }: Pick<World, 'clock'>, tx: Tx): Promise<number> {
  const now = clock.now()
  const own = await tx.agentKeys.list()
  const newest = own.at(-1)
  if (!newest) return 0
  if (now - newest.createdAt > OWN_KEYS_ROLL_MS) {
    await rollOwnKeys({ clock }, tx, 'server')
    return 0
  }
  const agents = (await tx.agents.list()).filter(({ status }) => status !== 'revoked')
  const isNeeded = (id: string, createdAt: number): boolean =>
    now - createdAt < OWN_KEYS_MAX_MS && agents.some(({ pinned }) => pinned === id)
  const old = own.filter(({ id, createdAt }) => id !== newest.id && !isNeeded(id, createdAt))
  for (const { id } of old) await tx.agentKeys.remove(id)
  return old.length
}

/** A new pair of ours. Agents that are connected hear of it within seconds, others when they come; nothing is lost meanwhile. */
export async function rollOwnKeys(
  { clock }: Pick<World, 'clock'>,
  tx: Tx,
  actor: 'operator' | 'server',
): Promise<void> {
  const { keys } = await addOwnKeys(tx, clock.now())
  await tx.audit({
    ...{ name: 'agent.keys_rolled', actor, result: 'ok', object: 'server' },
    detail: { key: keys.id },
  })
}
