import type { PublicKeys } from './agent.ts'
import type { Ends, OwnPair } from './agent-message.ts'
import type { Instant } from './lib/clock.ts'
import type { Halves } from './lib/key-pair.ts'
import type { Random } from './lib/random.ts'

/**
 * Hello in three messages, JSON text: the agent offers, the server replies (signed), the agent proves itself (signed).
 * Both sign both nonces, deployment, agent, version and both key pairs, each under its own role.
 */
export type Offer = {
  readonly v: number
  readonly deployment: string
  readonly agent: string
  readonly key: string
  readonly nonce: string
}

export const HELLO_REFUSALS = [
  'malformed',
  'wrong_version',
  'not_for_me',
  'unknown_key',
  'bad_signature',
] as const
export type HelloRefusal = (typeof HELLO_REFUSALS)[number]
export type Hello<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: HelloRefusal }

/** Agent, first: what it sends. Keep the text for `proveHello`. */
export function offerHello(_ends: Ends, _random: Random): string {
  throw new Error('not yet')
}

/** Server: whom the offer names, to load the ends of that agent. Nothing is proven yet. */
export function readOffer(_text: string): Hello<Offer> {
  throw new Error('not yet')
}

/** Server, second: its signed reply. Keep both texts for `checkProof`. */
export function replyHello(_ends: Ends, _offer: string, _random: Random, _now: Instant): Hello<string> {
  throw new Error('not yet')
}

/** Agent, third: the server is who was pinned (`serverKey` is the pair it used); `proof` is to be sent. */
export function proveHello(
  _ends: Ends,
  _offer: string,
  _reply: string,
  _now: Instant,
): Hello<{ readonly proof: string; readonly serverKey: string; readonly clockOffsetMs: number }> {
  throw new Error('not yet')
}

/** Server, last: the agent is who it says. `clockOffsetMs`: its clock minus ours. */
export function checkProof(
  _ends: Ends,
  _offer: string,
  _reply: string,
  _proof: string,
  _now: Instant,
): Hello<{ readonly agentKey: string; readonly clockOffsetMs: number }> {
  throw new Error('not yet')
}

/** A new pair of ours for the other end, signed by our newest known pair and by the new one itself. JSON text. */
export function announceKeys(_role: 'server' | 'agent', _ends: Ends, _fresh: OwnPair): string {
  throw new Error('not yet')
}

/** `role` of who announced. A pair that we may trust from now on beside the old one; it may be one that we know. */
export function readAnnouncement(_role: 'server' | 'agent', _ends: Ends, _text: string): Hello<PublicKeys> {
  throw new Error('not yet')
}

/** A one-time code, 130 bits, in groups; shown once. */
export function newInviteCode(_random: Random): string {
  throw new Error('not yet')
}

/** What the server keeps of a code: `id` finds the invitation, `key` (base64url, to be sealed) makes the MACs. Null: no code. */
export function inviteOf(_code: string): { readonly id: string; readonly key: string } | null {
  throw new Error('not yet')
}

/** What the agent sends: MAC over its name and public halves. */
export function enrolmentRequestMac(
  _key: string,
  _request: { readonly name: string; readonly agent: Halves },
): string {
  throw new Error('not yet')
}

/** What the server answers: MAC over everything that is pinned on both sides. */
export function enrolmentAnswerMac(
  _key: string,
  _answer: {
    readonly deployment: string
    readonly agentId: string
    readonly name: string
    readonly agent: Halves
    readonly server: Halves
  },
): string {
  throw new Error('not yet')
}
