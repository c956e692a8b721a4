import type { Account, AccountRef } from '../account.ts'
import type { AgentAnswer, AgentCall, AgentRefusal, AgentValue, WRITES } from '../agent-call.ts'
import type { Header } from '../agent-envelope.ts'
import { type Changed, type Directory, DirectoryError, refusedFor } from '../directory.ts'
import { type Clock, deadline } from '../lib/clock.ts'
import type { AgentAudit, Audit } from './audit.ts'
import type { Journal } from './journal.ts'
import {
  type AgentPolicy,
  allowsOperation,
  isInside,
  protectedBy,
  spendWrite,
  type Volume,
  whyNotWritten,
} from './policy.ts'

export type Parts = {
  readonly directory: Directory
  readonly policy: AgentPolicy
  readonly journal: Journal
  readonly clock: Clock
  readonly audit: Audit
  volume: Volume
}

/** `why` is for the agent's own audit alone. */
export type Refused = { readonly refused: AgentRefusal; readonly why?: string }
type Outcome = AgentAnswer | Refused
type WriteCall = Extract<AgentCall, { readonly op: (typeof WRITES)[number] }>

/** A call that is the server's own, whole and new: held to the policy, then put to the directory. Never throws. */
export async function perform(parts: Parts, header: Header, call: AgentCall): Promise<Outcome> {
  if (!allowsOperation(parts.policy, call)) return { refused: 'outside_policy', why: 'operation' }
  const signal = deadline(Math.max(0, header.expiresAt - parts.clock.now()))
  switch (call.op) {
    case 'setPassword':
    case 'changePassword':
    case 'unlock':
      return await write(parts, header, call, signal)
    case 'authenticate':
      return await authenticate(parts, header, call, signal)
    default:
      return await asked(() => read(parts, call, signal))
  }
}

/** A directory that fails on a read has done nothing. */
async function asked(work: () => Promise<AgentValue>): Promise<AgentAnswer> {
  try {
    return { ok: true, value: await work() }
  } catch {
    return unsent
  }
}

type ReadCall = Exclude<AgentCall, WriteCall | { readonly op: 'authenticate' }>

async function read(parts: Parts, call: ReadCall, signal: AbortSignal): Promise<AgentValue> {
  const { directory } = parts
  switch (call.op) {
    case 'find':
      return shown(parts, await directory.find(call.login, signal))
    case 'findBy':
      return shown(parts, await directory.findBy(call.attribute, call.value, signal))
    case 'read':
      return shown(parts, await directory.read(call.ref, signal))
    case 'search':
      return await directory.search(call.text, call.page, signal)
    case 'groups':
      return await directory.groups(call.text, call.page, signal)
    case 'members':
      return await directory.members(call.group, call.page, signal)
    case 'outcome':
      return await directory.outcome(call.ref, call.mark, signal)
    case 'check': {
      const health = await directory.check(signal)
      const mayWrite = parts.volume.pausedUntil === null || parts.volume.pausedUntil <= parts.clock.now()
      return { ...health, writable: health.writable && mayWrite && (await parts.journal.isWritable()) }
    }
  }
}

/** Outside the allowed units nobody is there; whom the agent protects, the server should know of before it asks. */
function shown({ policy }: Parts, account: Account | null): Account | null {
  if (!account || !isInside(policy, account)) return null
  const { place: _place, ...told } = account
  return { ...told, protectedBecause: told.protectedBecause ?? protectedBy(policy, account) }
}

async function authenticate(
  parts: Parts,
  header: Header,
  { ref, password }: Extract<AgentCall, { op: 'authenticate' }>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { directory, policy } = parts
  if (policy.allowedOus !== null) {
    const account = await readAccount(directory, ref, signal)
    if (account === 'failed') return unsent
    if (account && !isInside(policy, account)) return { refused: 'outside_policy', why: 'place' }
  }
  if (!record(parts, header, { event: 'authenticated' })) return { refused: 'journal_full', why: 'audit' }
  return await asked(() => directory.authenticate(ref, password, signal))
}

async function write(parts: Parts, header: Header, call: WriteCall, signal: AbortSignal): Promise<Outcome> {
  const { directory, policy, journal, clock } = parts
  const account = await readAccount(directory, call.ref, signal)
  if (account === 'failed') return unsent
  if (account === null) return { ok: true, value: refusedFor('not_allowed') }
  const why = whyNotWritten(policy, account)
  if (why !== null) return { refused: 'outside_policy', why }
  const spent = spendWrite(policy, parts.volume, clock.now())
  if (spent.volume.pausedUntil !== null && parts.volume.pausedUntil !== spent.volume.pausedUntil)
    record(parts, header, { event: 'paused' })
  parts.volume = spent.volume
  if (spent.refusal) return { refused: spent.refusal }
  if (!record(parts, header, { event: 'writing' })) return { refused: 'journal_full', why: 'audit' }
  try {
    await journal.sent(header.job, call.ref, account.mark)
  } catch {
    return { refused: 'journal_full' }
  }
  // Time may be over after all those steps: then nothing has left, and nothing does.
  const isLate = signal.aborted || clock.now() >= header.expiresAt
  const answer = isLate ? unsent : await written(directory, call, signal)
  // Where the end cannot be kept, `sent` stands on the disk: after a restart it is read what became of it.
  await journal.done(header.job, answer).catch(() => undefined)
  record(parts, header, endOf(answer))
  return answer
}

const unsent: AgentAnswer = { ok: false, failed: { sent: false } }

/** From here on it may have left us. */
async function written(directory: Directory, call: WriteCall, signal: AbortSignal): Promise<AgentAnswer> {
  try {
    return { ok: true, value: await put(directory, call, signal) }
  } catch (error) {
    return { ok: false, failed: { sent: error instanceof DirectoryError ? error.sent : true } }
  }
}

function put(directory: Directory, call: WriteCall, signal: AbortSignal): Promise<Changed> {
  const { ref } = call
  if (call.op === 'unlock') return directory.unlock(ref, signal)
  const { password, key } = call
  if (call.op === 'changePassword')
    return directory.changePassword(ref, { old: call.old, password, key }, signal)
  return directory.setPassword(ref, { password, unlock: call.unlock, key }, signal)
}

async function readAccount(
  directory: Directory,
  ref: AccountRef,
  signal: AbortSignal,
): Promise<Account | null | 'failed'> {
  try {
    return await directory.read(ref, signal)
  } catch {
    return 'failed'
  }
}

function endOf(answer: AgentAnswer): Pick<AgentAudit, 'event' | 'reason'> {
  if (!answer.ok) {
    const sent = 'failed' in answer && answer.failed.sent
    return sent ? { event: 'uncertain' } : { event: 'not_written', reason: 'failed' }
  }
  // as: the answer of a write.
  const value = answer.value as Changed
  if (value.ok) return { event: 'written' }
  const { refusal } = value
  return { event: 'not_written', reason: typeof refusal === 'string' ? refusal : refusal.reason }
}

/** False where it cannot be kept. */
function record(
  { audit, clock }: Parts,
  header: Header,
  what: Pick<AgentAudit, 'event' | 'reason'>,
): boolean {
  const about = { job: header.job, op: header.op, account: header.account?.replace('\0', '/') ?? null }
  try {
    audit({ at: clock.now(), ...about, ...what })
    return true
  } catch {
    return false
  }
}
