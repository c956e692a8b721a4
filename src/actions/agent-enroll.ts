import { type Agent, PROTOCOL, type PublicKeys } from '../agent.ts'
import { enrolmentAnswerMac, enrolmentRequestMac } from '../agent-keys.ts'
import { theirPair } from '../agent-message.ts'
import { AppError } from '../errors.ts'
import { type Halves, keyIdOf } from '../lib/key-pair.ts'
import { newId } from '../lib/random.ts'
import { equal } from '../lib/seal.ts'
import { LIMITS } from '../limit.ts'
import type { Tx } from '../store/store.ts'
import { deploymentId, newestOwnKeys } from './agent-book.ts'
import { currentSettings, networkOf } from './current-settings.ts'
import { refusing } from './refusals.ts'
import type { World } from './world.ts'

/** `invitation` and `mac` as `inviteOf` and `enrolmentRequestMac` make them of the code, which never travels. */
export type EnrollRequest = {
  readonly v: number
  readonly invitation: string
  readonly name: string
  readonly keys: Halves
  readonly mac: string
}

export type EnrollAnswer = {
  readonly v: number
  readonly deployment: string
  readonly agent: string
  readonly keys: Halves
  readonly mac: string
}

/**
 * Makes whoever knows a code an agent, once, that waits for an administrator (AGT-02). Both sides show by MACs under the
 * code that the keys are theirs: a man in the middle with a certificate that everybody trusts has no code. Throws
 * `too-many`, and one and the same `invalid-input` for a code that is wrong, used or late, another version, another name.
 */
export async function enrollAgent(
  world: World,
  request: EnrollRequest,
  source: string,
): Promise<EnrollAnswer> {
  await spendTry(world, source)
  const answer = await world.store.transact(tx => enroll(world, tx, request))
  if (answer) return answer
  throw await refusing(world, {
    source,
    event: { name: 'agent.enroll_refused', reason: 'code' },
    error: new AppError('invalid-input', 'This code is not valid.'),
  })
}

async function enroll(world: World, tx: Tx, request: EnrollRequest): Promise<EnrollAnswer | null> {
  const now = world.clock.now()
  const invitation = await tx.agentInvitations.get(request.invitation)
  const { v, name, keys: agentHalves, mac } = request
  const keys = publicKeys(agentHalves)
  if (!invitation || !keys || v !== PROTOCOL) return null
  const { key, directory } = invitation
  if (!equal(mac, enrolmentRequestMac(key, { name, agent: agentHalves })) || name !== invitation.name)
    return null
  if (!(await tx.agentInvitations.use(invitation.id, now))) return null
  const own = await newestOwnKeys(tx, now)
  const agent: Agent = {
    ...{ id: newId(world.random), name, directory, status: 'waiting', keys: [keys] },
    ...{
      pinned: own.keys.id,
      rollAskedAt: null,
      rolledAt: null,
      enrolledAt: now,
      confirmedAt: null,
      revokedAt: null,
    },
    heartbeat: null,
  }
  if (!(await tx.agents.insert(agent))) return null
  await tx.audit({
    name: 'agent.enrolled',
    actor: 'server',
    result: 'ok',
    object: name,
    detail: { id: agent.id },
  })
  const server: Halves = { sign: own.keys.sign, seal: own.keys.seal }
  const pinned = { deployment: deploymentId(world.keys), agentId: agent.id, name, agent: agentHalves, server }
  return {
    ...{ v: PROTOCOL, deployment: pinned.deployment, agent: agent.id, keys: server },
    mac: enrolmentAnswerMac(key, pinned),
  }
}

/** Null where a half is none. */
function publicKeys({ sign, seal }: Halves): PublicKeys | null {
  try {
    const halves = { sign, seal }
    return theirPair({ id: keyIdOf(halves), ...halves }).keys
  } catch {
    return null
  }
}

async function spendTry(world: World, source: string): Promise<void> {
  const now = world.clock.now()
  const decision = await world.store.transact(async tx => {
    const { bucket } = networkOf(world, await currentSettings(tx), source)
    return tx.limits.spend(`agent enrollments:${bucket}`, LIMITS.agentEnrollmentsPerSource, now, true)
  })
  if (decision.allowed) return
  const { retryAfterSeconds } = decision
  throw await refusing(world, {
    source,
    event: { name: 'agent.enroll_refused', reason: 'too_many' },
    error: new AppError('too-many', 'Too many tries. Please wait.', { retryAfterSeconds }),
  })
}
