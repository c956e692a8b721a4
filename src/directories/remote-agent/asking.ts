import type { Account } from '../../account.ts'
import {
  type AgentAnswer,
  type AgentCall,
  type AgentRefusal,
  type AgentValue,
  isWrite,
} from '../../agent-call.ts'
import { openAnswer, sealCall } from '../../agent-message.ts'
import {
  type AccountName,
  type Authenticated,
  type Changed,
  DirectoryError,
  type Group,
  type Health,
  type Page,
  type Written,
} from '../../directory.ts'
import { deadline, seconds } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'
import { RelayError } from '../../relay.ts'
import { type RemoteAgentParts, type UsableAgent, usableAgents } from './agents.ts'
import { fits } from './fits.ts'

/** What the port's method of that name answers with. */
export type Answers = {
  readonly find: Account | null
  readonly findBy: Account | null
  readonly read: Account | null
  readonly authenticate: Authenticated
  readonly setPassword: Written
  readonly changePassword: Changed
  readonly unlock: Written
  readonly search: Page<AccountName>
  readonly groups: Page<Group>
  readonly members: Page<AccountName>
  readonly outcome: 'changed' | 'unchanged' | 'unknown'
  readonly check: Health
}
type Op = keyof Answers
type Call<O extends Op> = AgentCall & { readonly op: O }

/**
 * A write is taken by an agent within this, or never; together with the skew that its clock may have it has ended before
 * a server believes that an unchanged password stays so (`ARRIVES_MS` of settling).
 */
const WRITE_LIFE_MS = seconds(30)
const READ_LIFE_MS = seconds(10)
/** An agent that does not answer a read in this time is frozen or far away; the next one is asked. */
const NEXT_AGENT_MS = seconds(2)

/**
 * `policy`: the agent's own policy says no. Throws DirectoryError: `sent` false where no agent was there, or it certainly
 * handed nothing to its directory.
 */
export async function ask<O extends Op>(
  parts: RemoteAgentParts,
  call: Call<O>,
  signal: AbortSignal,
): Promise<Answers[O] | 'policy'> {
  const agents = usableAgents(parts)
  let last = new DirectoryError('no agent is ready', false)
  for (const [at, agent] of agents.entries()) {
    const isLast = at === agents.length - 1
    const limit = isLast || isOnce(call) ? signal : deadline(NEXT_AGENT_MS, signal)
    try {
      const value = await askAgent(parts, agent, call, limit)
      // as: `openAnswer` held the value to the operation of its call.
      return value as Answers[O] | 'policy'
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error
      last = error
      if (signal.aborted || (error.sent && isOnce(call))) throw error
    }
  }
  throw last
}

/** What counts for something where it arrives: a write, and a wrong password. */
const isOnce = ({ op }: AgentCall): boolean => isWrite(op) || op === 'authenticate'

async function askAgent(
  parts: RemoteAgentParts,
  { id }: UsableAgent,
  call: AgentCall,
  signal: AbortSignal,
): Promise<AgentValue | 'policy'> {
  const ends = parts.agents.endsOf(id)
  if (!ends) throw new DirectoryError('the agent is not known any more', false)
  if (signal.aborted) throw new DirectoryError('the time was over', false)
  const job = newId(parts.random)
  const lifeMs = isWrite(call.op) ? WRITE_LIFE_MS : READ_LIFE_MS
  const frame = sealCall(ends, call, { id: job, issuedAt: parts.clock.now(), lifeMs })
  const answered = await parts.relay.ask(id, frame, signal).catch(unanswered)
  // Keys may have rolled meanwhile, on either side.
  const answer = openAnswer(parts.agents.endsOf(id) ?? ends, frame, answered)
  const about = { agent: id, job, op: call.op }
  if (!answer || (answer.ok && !fits(parts.name, call, answer.value))) {
    parts.note('agent_answer_rejected', { ...about, why: answer ? 'unfit' : 'not_genuine' })
    throw new DirectoryError('the agent did not answer this call', true)
  }
  if ('refused' in answer) parts.note('agent_refused', { ...about, why: answer.refused })
  return valueIn(answer)
}

function unanswered(error: unknown): never {
  if (error instanceof RelayError) throw new DirectoryError('the agent did not answer', error.sent, error)
  throw error
}

/** A frame that comes twice may be refused the second time while the first is still at work: then nobody knows. */
const IN_DOUBT: readonly AgentRefusal[] = ['replayed', 'expired']

function valueIn(answer: AgentAnswer): AgentValue | 'policy' {
  if (answer.ok) return answer.value
  if ('failed' in answer)
    throw new DirectoryError('the directory behind the agent did not answer', answer.failed.sent)
  if (answer.refused === 'outside_policy') return 'policy'
  throw new DirectoryError(`the agent refused the call: ${answer.refused}`, IN_DOUBT.includes(answer.refused))
}
