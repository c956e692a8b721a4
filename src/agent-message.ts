import { createHash } from 'node:crypto'
import { refKey } from './account.ts'
import { PROTOCOL, type PublicKeys } from './agent.ts'
import {
  type AgentAnswer,
  type AgentCall,
  type AgentRefusal,
  asCall,
  hasExactly,
  refOfCall,
} from './agent-call.ts'
import {
  type Envelope,
  type Header,
  lengthPrefixed,
  parsed,
  readEnvelope,
  readHeader,
  writeEnvelope,
  writeHeader,
} from './agent-envelope.ts'
import { asAnswer } from './agent-value.ts'
import type { Instant } from './lib/clock.ts'
import { type Bound, HpkeError, hpkeOpen, hpkeSeal } from './lib/hpke.ts'
import {
  type Halves,
  isSignedBy,
  keyIdOf,
  type OwnKeys,
  ownKeys,
  signBytes,
  type TheirKeys,
  theirKeys,
} from './lib/key-pair.ts'
import { MESSAGE_BYTES_MAX } from './relay.ts'

/**
 * A job lives no longer (security.md, Default numbers), and a call may come from this far in the future. Nothing is added
 * to its end: by a clock that is right within the skew, nothing happens later than life and skew together after it was made.
 */
export const JOB_LIFE_MS = 60_000
export const CLOCK_SKEW_MS = 30_000

/** A pair of ours, and one of the other side, as they are used; `keys.id` is made from the halves. */
export type OwnPair = { readonly keys: PublicKeys; readonly loaded: OwnKeys }
export type TheirPair = { readonly keys: PublicKeys; readonly loaded: TheirKeys }

/** `secret` as `newSecretHalves` made them. */
export function ownPair(secret: Halves): OwnPair {
  const loaded = ownKeys(secret)
  return { keys: { id: keyIdOf(loaded.public), ...loaded.public }, loaded }
}

/** Throws where a half is none, or where `id` is not that of the halves. */
export function theirPair({ id, sign, seal }: PublicKeys): TheirPair {
  if (keyIdOf({ sign, seal }) !== id) throw new Error('a key pair has a name that is not its own')
  return { keys: { id, sign, seal }, loaded: theirKeys({ sign, seal }) }
}

/** One link as one of its two ends sees it. Several pairs while keys roll, the newest last: it signs and is sealed to. */
export type Ends = {
  readonly deployment: string
  readonly agent: string
  readonly own: readonly OwnPair[]
  readonly theirs: readonly TheirPair[]
}

/** A call whose size, form, version, address, signature and time were found good; still sealed. */
export type SignedCall = {
  readonly header: Header
  /** Of the whole frame: a job is repeated only by the same frame. */
  readonly digest: string
  readonly envelope: Envelope
}
export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  /** `header`: what the frame says of itself, which may be a lie; null where it cannot be read. */
  | { readonly ok: false; readonly refusal: AgentRefusal; readonly header: Header | null }

/** The server's side: a call as one frame, for one agent. `lifeMs` is JOB_LIFE_MS at most. Throws where there are no keys. */
export function sealCall(
  ends: Ends,
  call: AgentCall,
  job: { readonly id: string; readonly issuedAt: Instant; readonly lifeMs: number },
): Uint8Array {
  const ref = refOfCall(call)
  const about = { job: job.id, op: call.op, account: ref && refKey(ref) }
  const times = { issuedAt: job.issuedAt, expiresAt: job.issuedAt + Math.min(job.lifeMs, JOB_LIFE_MS) }
  return sealFrame(ends, { kind: 'call', ...about, ...times }, call)
}

/**
 * The agent's side, first half. In this order: size, envelope, version, whom it is for, signature, time. Costs one
 * signature at most for whatever came in.
 */
export function readCall(ends: Ends, frame: Uint8Array, now: Instant): Read<SignedCall> {
  const no = (refusal: AgentRefusal, header: Header | null = null) =>
    ({ ok: false, refusal, header }) as const
  if (frame.length > MESSAGE_BYTES_MAX) return no('too_large')
  const envelope = readEnvelope(frame)
  if (envelope === null) return no('malformed')
  const header = readHeader(envelope.header)
  if (header === 'wrong_version') return no('wrong_version')
  if (header === null) return no('malformed')
  if (header.kind !== 'call' || !isBetween(ends, header)) return no('not_for_me', header)
  if (!isSigned(ends, envelope, header)) return no('bad_signature', header)
  const late = timeFault(header, now)
  if (late) return no(late, header)
  return { ok: true, value: { header, digest: digestOf(frame), envelope } }
}

/** Second half: opens the seal, and holds the header to what was sealed. */
export function openCall(ends: Ends, { header, envelope }: SignedCall): Read<AgentCall> {
  const no = (refusal: AgentRefusal) => ({ ok: false, refusal, header }) as const
  const content = openEnvelope(ends, envelope, header)
  if (content === null) return no('bad_seal')
  const call = asCall(content.value)
  if (call === null) return no('unknown_operation')
  const ref = refOfCall(call)
  if (header.op !== call.op || header.account !== (ref && refKey(ref))) return no('malformed')
  return { ok: true, value: call }
}

/** The agent's side: `header` and `digest` of the call that is answered. */
export function sealAnswer(
  ends: Ends,
  { header, digest }: { readonly header: Header; readonly digest: string },
  answer: AgentAnswer,
  now: Instant,
): Uint8Array {
  const { job, op, account } = header
  const about = { kind: 'answer', job, op, account, issuedAt: now, expiresAt: now + JOB_LIFE_MS } as const
  return sealFrame(ends, about, { call: digest, answer })
}

/**
 * The server's side. Null: no answer to this very call by this agent (forged, altered, of another frame): as if none had
 * come. Its times are not looked at: it is bound to the call's bytes, and an agent with a wrong clock must be heard.
 */
export function openAnswer(ends: Ends, call: Uint8Array, frame: Uint8Array): AgentAnswer | null {
  const envelope = frame.length > MESSAGE_BYTES_MAX ? null : readEnvelope(frame)
  const header = envelope && readHeader(envelope.header)
  if (!envelope || !header || header === 'wrong_version') return null
  if (header.kind !== 'answer' || !isBetween(ends, header) || !isSigned(ends, envelope, header)) return null
  const content = openEnvelope(ends, envelope, header)?.value
  const isOurs = hasExactly(content, { call: held => held === digestOf(call), answer: () => true })
  // as: the line before found both fields.
  return isOurs ? asAnswer(header.op, (content as { answer: unknown }).answer) : null
}

/** Names the bytes of a frame (SHA-256). */
export const digestOf = (frame: Uint8Array): string => createHash('sha256').update(frame).digest('base64url')

/** What is signed and bound, so that a signature of one protocol never serves another. */
const INFO = Buffer.from('postern agent v1')
const SIGNED_AS = 'postern agent v1 message'
/** Sealed text is filled up with blanks to a multiple of it: the length of a frame does not tell that of a password. */
const FILL_BYTES = 256

type About = Pick<Header, 'kind' | 'job' | 'op' | 'account' | 'issuedAt' | 'expiresAt'>

function sealFrame({ deployment, agent, own, theirs }: Ends, about: About, content: unknown): Uint8Array {
  const [mine, their] = [own.at(-1), theirs.at(-1)]
  if (!mine || !their) throw new Error('a link without keys')
  const addressed = { v: PROTOCOL, deployment, agent, ...about, from: mine.keys.id, to: their.keys.id }
  const header = writeHeader(addressed)
  const plain = filledUp(Buffer.from(JSON.stringify(content)))
  const { enc, body } = hpkeSeal(their.loaded.seal, boundTo(header), plain)
  plain.fill(0)
  const signature = signBytes(mine.loaded, signedBytes(header, enc, body))
  return writeEnvelope({ header, enc, body, signature })
}

function filledUp(text: Buffer): Buffer {
  const filled = Buffer.alloc(Math.ceil(text.length / FILL_BYTES) * FILL_BYTES, ' ')
  text.copy(filled)
  text.fill(0)
  return filled
}

const boundTo = (header: string): Bound => ({ info: INFO, associated: Buffer.from(header) })

const isBetween = ({ deployment, agent }: Ends, header: Header): boolean =>
  header.deployment === deployment && header.agent === agent

function isSigned({ theirs }: Ends, { header, enc, body, signature }: Envelope, { from }: Header): boolean {
  const signer = theirs.find(({ keys }) => keys.id === from)
  return signer !== undefined && isSignedBy(signer.loaded, signedBytes(header, enc, body), signature)
}

/** `value` is what JSON holds. Null: no key of ours, or it does not open, or it is no JSON. */
function openEnvelope({ own }: Ends, envelope: Envelope, { to }: Header): { readonly value: unknown } | null {
  const receiver = own.find(({ keys }) => keys.id === to)
  if (!receiver) return null
  try {
    const plain = hpkeOpen(receiver.loaded.seal, boundTo(envelope.header), envelope)
    const value = parsed(plain.toString('utf8'))
    plain.fill(0)
    return value === undefined ? null : { value }
  } catch (error) {
    if (error instanceof HpkeError) return null
    throw error
  }
}

function timeFault({ issuedAt, expiresAt }: Header, now: Instant): AgentRefusal | null {
  if (expiresAt <= issuedAt || expiresAt - issuedAt > JOB_LIFE_MS) return 'malformed'
  if (issuedAt > now + CLOCK_SKEW_MS) return 'from_the_future'
  return expiresAt <= now ? 'expired' : null
}

const signedBytes = (header: string, enc: Uint8Array, body: Uint8Array): Buffer =>
  lengthPrefixed([SIGNED_AS, header, enc, body])
