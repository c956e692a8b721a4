import { createHmac } from 'node:crypto'
import { PROTOCOL, type PublicKeys } from './agent.ts'
import { hasExactly } from './agent-call.ts'
import { lengthPrefixed, parsed } from './agent-envelope.ts'
import type { Hello, HelloRefusal } from './agent-hello.ts'
import { type Ends, type OwnPair, type TheirPair, theirPair } from './agent-message.ts'
import { type Halves, isSignedBy, signBytes } from './lib/key-pair.ts'
import { newBase32, type Random } from './lib/random.ts'

type Role = 'server' | 'agent'

/**
 * A new pair of ours for the other end, as JSON: signed by the newest pair that the other end knows, and by the new one
 * itself (AGT-13). It may be sent again and again until the other end has it.
 */
export function announceKeys(role: Role, ends: Ends, fresh: OwnPair): string {
  const known = ends.own.filter(({ keys }) => keys.id !== fresh.keys.id).at(-1)
  if (!known) throw new Error('there is no older pair to sign a new one with')
  const bytes = announced(role, ends, known.keys.id, fresh.keys)
  const [signature, own] = [known, fresh].map(pair => signBytes(pair.loaded, bytes).toString('base64url'))
  return JSON.stringify({ from: known.keys.id, keys: fresh.keys, signature, own })
}

/** `role` of who announced. The pair to be trusted beside the older one; it may be one that is known already. */
export function readAnnouncement(role: Role, ends: Ends, text: string): Hello<PublicKeys> {
  const value = text.length > ANNOUNCEMENT_CHARACTERS_MAX ? undefined : parsed(text)
  const isKeys = (keys: unknown): boolean => hasExactly(keys, { id: isText, sign: isText, seal: isText })
  if (!hasExactly(value, { from: isText, keys: isKeys, signature: isText, own: isText }))
    return no('malformed')
  // as: every field was held to its type in the line before.
  const { from, keys, signature, own } = value as Announcement
  const known = ends.theirs.find(pair => pair.keys.id === from)
  const fresh = loaded(keys)
  if (!known) return no('unknown_key')
  if (!fresh) return no('malformed')
  const bytes = announced(role, ends, from, keys)
  const isSigned = (pair: TheirPair, by: string): boolean =>
    isSignedBy(pair.loaded, bytes, Buffer.from(by, 'base64url'))
  return isSigned(known, signature) && isSigned(fresh, own)
    ? { ok: true, value: fresh.keys }
    : no('bad_signature')
}

type Announcement = {
  readonly from: string
  readonly keys: PublicKeys
  readonly signature: string
  readonly own: string
}
const ANNOUNCEMENT_CHARACTERS_MAX = 4_096

const announced = (role: Role, { deployment, agent }: Ends, from: string, keys: PublicKeys): Buffer =>
  lengthPrefixed([
    ...['postern agent v1 new keys', role, String(PROTOCOL), deployment, agent],
    ...[from, keys.id, keys.sign, keys.seal],
  ])

function loaded(keys: PublicKeys): TheirPair | null {
  try {
    return theirPair(keys)
  } catch {
    return null
  }
}

const no = (refusal: HelloRefusal) => ({ ok: false, refusal }) as const
const isText = (value: unknown): boolean => typeof value === 'string'

/** 26 letters and digits of 5 bits: 130 bits (AGT-02 asks for 112), in groups. */
const CODE_LETTERS = 26

/** A one-time code for one enrolment; shown once. */
export const newInviteCode = (random: Random): string =>
  (newBase32(random, CODE_LETTERS).match(/.{1,5}/g) ?? []).join('-')

/** What is kept of a code: `id` finds the invitation and is no secret; `key` makes the MACs, and is kept sealed. */
export type Invite = { readonly id: string; readonly key: string }

/** As typed: case, blanks and hyphens do not matter. Null: no code. */
export function inviteOf(typed: string): Invite | null {
  const code = typed.replace(/[\s-]/g, '').toUpperCase()
  if (code.length !== CODE_LETTERS || !/^[A-Z2-7]+$/.test(code)) return null
  const derived = (purpose: string): Buffer =>
    createHmac('sha256', code).update(`postern agent v1 invitation ${purpose}`).digest()
  return {
    id: derived('id').subarray(0, 16).toString('base64url'),
    key: derived('key').toString('base64url'),
  }
}

/** What an agent asks with: its name and its own public halves. */
export type EnrolmentRequest = { readonly name: string; readonly agent: Halves }
/** Everything that both sides pin from then on. */
export type EnrolmentAnswer = EnrolmentRequest & {
  readonly deployment: string
  readonly agentId: string
  readonly server: Halves
}

/** Compare by `equal` of lib/seal. By the code, so that nobody in the middle slips in keys of their own (decisions 5.4). */
export const enrolmentRequestMac = (key: string, { name, agent }: EnrolmentRequest): string =>
  mac(key, 'request', [name, agent.sign, agent.seal])

export const enrolmentAnswerMac = (
  key: string,
  { name, agent, deployment, agentId, server }: EnrolmentAnswer,
): string =>
  mac(key, 'answer', [...[name, agent.sign, agent.seal, deployment, agentId], ...[server.sign, server.seal]])

const mac = (key: string, role: 'request' | 'answer', parts: readonly string[]): string =>
  createHmac('sha256', Buffer.from(key, 'base64url'))
    .update(lengthPrefixed(['postern agent v1 enrolment', role, String(PROTOCOL), ...parts]))
    .digest('base64url')
