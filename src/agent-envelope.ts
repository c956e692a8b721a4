import { PROTOCOL } from './agent.ts'
import { hasExactly } from './agent-call.ts'
import type { Instant } from './lib/clock.ts'

/**
 * The header of a call or an answer: sent in clear, bound to what is sealed as associated data, and signed with it
 * (AGT-05, AGT-06, AGT-10). `job` is 128 random bits; the answer carries the job of its call.
 */
export type Header = {
  readonly v: number
  readonly kind: 'call' | 'answer'
  readonly deployment: string
  readonly agent: string
  readonly job: string
  readonly op: string
  /** The account that is meant, as `refKey`; null where the call is about none. */
  readonly account: string | null
  readonly issuedAt: Instant
  /** A call that is older is refused; 60 s at most after `issuedAt`. */
  readonly expiresAt: Instant
  /** Key pairs: of the side that signs, and of the side that it is sealed to. */
  readonly from: string
  readonly to: string
}

/** A frame taken apart. Only what `writeEnvelope` writes is one, byte for byte: a frame has one spelling. */
export type Envelope = {
  readonly header: string
  readonly enc: Uint8Array
  readonly body: Uint8Array
  readonly signature: Uint8Array
}

/** Each part with its length before it, so that no two messages give the same bytes. */
export function lengthPrefixed(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap(part => {
      const bytes = Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/** The one way to write a header: its fields in this order, no blanks. */
export const writeHeader = (header: Header): string => {
  const { v, kind, deployment, agent, job, op, account, issuedAt, expiresAt, from, to } = header
  return JSON.stringify({ v, kind, deployment, agent, job, op, account, issuedAt, expiresAt, from, to })
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isInstant = (value: unknown): boolean => Number.isSafeInteger(value)
const isId = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{22}$/.test(value)

const HEADER = {
  v: (value: unknown) => value === PROTOCOL,
  kind: (value: unknown) => value === 'call' || value === 'answer',
  deployment: isText,
  agent: isText,
  job: isId,
  op: isText,
  account: (value: unknown) => value === null || isText(value),
  issuedAt: isInstant,
  expiresAt: isInstant,
  from: isId,
  to: isId,
}

/** Null: not exactly these fields of these types, or not written as `writeHeader` writes them. */
export function readHeader(text: string): Header | 'wrong_version' | null {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) return null
  if ('v' in value && Number.isInteger(value.v) && value.v !== PROTOCOL) return 'wrong_version'
  // as: every field was held to its type just before.
  const header = hasExactly(value, HEADER) ? (value as Header) : null
  return header && writeHeader(header) === text ? header : null
}

const textOf = ({ header, enc, body, signature }: Envelope): string =>
  JSON.stringify({ header, enc: base64url(enc), body: base64url(body), signature: base64url(signature) })

export const writeEnvelope = (envelope: Envelope): Uint8Array => Buffer.from(textOf(envelope))

/** Null: anything but what `writeEnvelope` writes, byte for byte. */
export function readEnvelope(frame: Uint8Array): Envelope | null {
  const text = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  const value = parsed(text.toString('utf8'))
  if (!hasExactly(value, { header: isText, enc: isText, body: isText, signature: isText })) return null
  // as: every field was held to its type just before.
  const { header, enc, body, signature } = value as Record<keyof Envelope, string>
  const envelope = { header, enc: bytesOf(enc), body: bytesOf(body), signature: bytesOf(signature) }
  return Buffer.from(textOf(envelope)).equals(text) ? envelope : null
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')

/** Undefined: no JSON. The error is dropped, since its text quotes what was read. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
