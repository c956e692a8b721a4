import { MESSAGE_BYTES_MAX } from './relay.ts'

/**
 * One binary WebSocket message between server and agent. `hello` and `note` are JSON with a signature of their own,
 * `call` and `answer` carry what `agent-message.ts` sealed; an answer has the number of its call on this connection.
 */
export type Frame = {
  readonly kind: FrameKind
  readonly number: number
  readonly content: Uint8Array
}
export type FrameKind = (typeof KINDS)[number]
const KINDS = ['hello', 'note', 'call', 'answer'] as const

/** A byte for the kind and four for the number, in network order. */
const HEAD_BYTES = 5
export const FRAME_BYTES_MAX = HEAD_BYTES + MESSAGE_BYTES_MAX

export function encodeFrame({ kind, number, content }: Frame): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + content.length)
  frame[0] = KINDS.indexOf(kind)
  new DataView(frame.buffer).setUint32(1, number)
  frame.set(content, HEAD_BYTES)
  return frame
}

/** Null for what is no frame: the other side is not what it claims to be. */
export function decodeFrame(bytes: Uint8Array): Frame | null {
  if (bytes.length <= HEAD_BYTES || bytes.length > FRAME_BYTES_MAX) return null
  const kind = KINDS[bytes[0] ?? KINDS.length]
  if (!kind) return null
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  return { kind, number, content: bytes.subarray(HEAD_BYTES) }
}
