import { createHash } from 'node:crypto'
import type { Heartbeat } from './agent.ts'
import { parsed } from './agent-envelope.ts'
import type { Ends } from './agent-message.ts'
import { isSignedBy, signBytes } from './lib/key-pair.ts'

/**
 * What the two ends tell each other beside calls. Signed, counted, and bound to the hello of the connection: a note is
 * good once, in its order, on that connection alone.
 */
export type ServerNote =
  /** The hello was accepted; nothing is asked before an administrator has confirmed the fingerprint. */
  | { readonly kind: 'welcome' }
  /** A new pair of the server's, as `announceKeys` made it. */
  | { readonly kind: 'announcement'; readonly text: string }
  /** The agent's pair `key` is kept, and sealed to from now on. */
  | { readonly kind: 'pinned'; readonly key: string }
  /** The server signs with its pair `key` from now on, and with no older one. */
  | { readonly kind: 'settled'; readonly key: string }
  /** An administrator wants the agent to make new keys. */
  | { readonly kind: 'roll' }

export type AgentNote =
  | ({ readonly kind: 'heartbeat' } & Beat)
  | { readonly kind: 'announcement'; readonly text: string }
  | { readonly kind: 'pinned'; readonly key: string }
  /** It stops: nothing more may be asked, what is open will be answered. */
  | { readonly kind: 'leaving' }

export type Beat = Omit<Heartbeat, 'at' | 'clockOffsetMs'>

type Role = 'server' | 'agent'
export const NOTE_BYTES_MAX = 32 * 1024

/** What both ends saw of the hello that opened a connection. */
export const helloBinding = (offer: string, reply: string, proof: string): string =>
  createHash('sha256')
    .update(JSON.stringify([offer, reply, proof]))
    .digest('base64url')

export type Notes<Out> = {
  /** JSON text, signed by the newest pair of `ends`. */
  write(ends: Ends, note: Out): string
  /** Its content, and the pair that signed it; null: not signed by the other end, not its next one, or of another connection. */
  read(ends: Ends, text: string): { readonly by: string; readonly note: unknown } | null
}

export function createNotes<Out extends { readonly kind: string }>(own: Role, binding: string): Notes<Out> {
  const other: Role = own === 'server' ? 'agent' : 'server'
  let written = 0
  let read = 0
  return {
    write(ends, note) {
      written += 1
      const pair = ends.own.at(-1)
      if (!pair) throw new Error('no pair of ours')
      const body = JSON.stringify(note)
      const signature = signBytes(pair.loaded, signed(own, binding, written, body)).toString('base64url')
      return JSON.stringify({ by: pair.keys.id, body, signature })
    },
    read(ends, text) {
      const note = envelopeOf(text)
      const pair = ends.theirs.find(({ keys }) => keys.id === note?.by)
      if (!note || !pair) return null
      const bytes = signed(other, binding, read + 1, note.body)
      if (!isSignedBy(pair.loaded, bytes, Buffer.from(note.signature, 'base64url'))) return null
      read += 1
      return { by: note.by, note: parsed(note.body) }
    },
  }
}

/** No part can run into the next: none of the first three holds a NUL. */
const signed = (role: Role, binding: string, count: number, body: string): Buffer =>
  Buffer.from(['postern agent note', role, binding, count, body].join('\0'))

type Envelope = { readonly by: string; readonly body: string; readonly signature: string }

function envelopeOf(text: string): Envelope | null {
  const value = text.length > NOTE_BYTES_MAX ? null : parsed(text)
  if (!isRecord(value) || Object.keys(value).sort().join() !== 'body,by,signature') return null
  const { by, body, signature } = value
  return typeof by === 'string' && typeof body === 'string' && typeof signature === 'string'
    ? { by, body, signature }
    : null
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
