import { PROTOCOL } from '../agent.ts'
import { enrolmentAnswerMac, enrolmentRequestMac, inviteOf } from '../agent-keys.ts'
import { isRecord } from '../agent-note.ts'
import { type Clock, seconds } from '../lib/clock.ts'
import { type Halves, keyIdOf, newSecretHalves, ownKeys } from '../lib/key-pair.ts'
import { equal } from '../lib/seal.ts'
import type { Identity } from './identity.ts'
import { connectionUrl } from './link.ts'
import { postJson, type Transport } from './transport.ts'

const ENROLL_MS = seconds(20)

export type Enrolling = {
  readonly server: string
  readonly name: string
  /** As it was typed. */
  readonly code: string
  readonly transport: Transport
  readonly clock: Clock
}

/**
 * Makes the keys of this agent, here, and exchanges them for the server's (AGT-02). Who does not know the code can
 * neither enrol nor slip in keys of their own. Throws an Error with a sentence for the operator; nothing was kept then.
 */
export async function enrollHere({ server, name, code, transport, clock }: Enrolling): Promise<Identity> {
  const invite = inviteOf(code)
  if (!invite) throw new Error('That is no code: it has 26 letters and digits.')
  connectionUrl(server)
  const secret = newSecretHalves()
  const agent = ownKeys(secret).public
  const request = {
    ...{ v: PROTOCOL, invitation: invite.id, name, keys: agent },
    mac: enrolmentRequestMac(invite.key, { name, agent }),
  }
  const url = new URL('/agent/v1/enrollments', server)
  const { status, body } = await postJson(transport, url, request, AbortSignal.timeout(ENROLL_MS)).catch(
    cause => {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`The server cannot be reached (${why}).`, { cause })
    },
  )
  if (status === 429) throw new Error('The server wants no more tries for some minutes.')
  if (status !== 200)
    throw new Error('The server does not take the code. It is good once, for ten minutes, and for one name.')
  const answer = answerOf(body)
  const { deployment, agent: agentId = '', keys: pinned } = answer ?? {}
  if (!answer || deployment === undefined || !pinned)
    throw new Error('The server answered with what is no enrollment.')
  const mac = enrolmentAnswerMac(invite.key, { deployment, agentId, name, agent, server: pinned })
  if (!equal(mac, answer.mac))
    throw new Error('Somebody between here and the server has answered in its place. Nothing was kept.')
  const since = clock.now()
  return {
    ...{ deployment, agent: agentId, name, own: [secret], since, fresh: null },
    server: [{ id: keyIdOf(pinned), ...pinned }],
  }
}

type Answered = {
  readonly deployment: string
  readonly agent: string
  readonly keys: Halves
  readonly mac: string
}

function answerOf(body: unknown): Answered | null {
  if (!isRecord(body) || body['v'] !== PROTOCOL || !isRecord(body['keys'])) return null
  const { deployment, agent, mac } = body
  const { sign, seal } = body['keys']
  const isAll = [deployment, agent, mac, sign, seal].every(each => typeof each === 'string')
  // as: all five were found to be texts in the line before.
  return isAll ? ({ deployment, agent, mac, keys: { sign, seal } } as Answered) : null
}
