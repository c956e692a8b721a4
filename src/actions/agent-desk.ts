import type { Agent } from '../agent.ts'
import type { Relay, Seating } from '../relay.ts'
import type { AgentBook } from './agent-book.ts'
import { AgentVisit } from './agent-visit.ts'
import type { World } from './world.ts'

/** A socket as the web room hands it on: whole messages. */
export type Wire = {
  /** False: nothing of it has left, or will. */
  send(bytes: Uint8Array): boolean
  /** How many bytes have not left yet. */
  waiting(): number
  end(code?: number): void
}

export type DeskParts = {
  readonly world: Pick<World, 'store' | 'clock' | 'random' | 'log' | 'keys'>
  readonly book: AgentBook
  readonly relay: Pick<Relay, 'cut'>
  readonly seat: Seating
  /** A hello that was refused, for the audit; the connection ends whatever becomes of it. */
  readonly refused: (source: string, reason: string) => void
}

/** Where agents come in: what they say is taken in order, one message after the other. */
export type AgentDesk = {
  open(wire: Wire, source: string): AgentVisit
  /** After the book was read anew: revoked agents are cut off, new keys and wishes are passed on (AGT-12, AGT-13). */
  refresh(): void
  close(): void
}

export function createAgentDesk(parts: DeskParts): AgentDesk {
  const visits = new Set<AgentVisit>()
  return {
    open(wire, source) {
      const visit = new AgentVisit(parts, wire, source)
      visits.add(visit)
      visit.onLost(() => visits.delete(visit))
      return visit
    },
    refresh() {
      for (const visit of visits) if (visit.agent !== null) look(visit, visit.agent, parts)
    },
    close() {
      for (const visit of visits) visit.end()
    },
  }
}

function look(visit: AgentVisit, id: string, { book }: DeskParts): void {
  const agent: Agent | null = book.agent(id)
  if (agent && agent.status !== 'revoked') visit.tellNews(agent)
  else visit.cut(id)
}
