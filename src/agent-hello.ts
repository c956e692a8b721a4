import { PROTOCOL } from './agent.ts'
import { hasExactly } from './agent-call.ts'
import { lengthPrefixed, parsed } from './agent-envelope.ts'
import type { Ends, OwnPair, TheirPair } from './agent-message.ts'
import type { Instant } from './lib/clock.ts'
import { isSignedBy, signBytes } from './lib/key-pair.ts'
import { newToken, type Random } from './lib/random.ts'

/**
 * Hello in three messages of JSON: the agent offers, the server replies, the agent proves itself. Server and agent each
 * sign, under its own role, version, deployment, agent, both key pairs, both nonces and the time it tells (AGT-03,
 * AGT-09): none of it can be changed on the way, repeated, or turned against the other side.
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

/** Longer texts are no hello. */
export const HELLO_CHARACTERS_MAX = 4_096

/** Agent, first: what it sends. Keep the text for `proveHello`. */
export function offerHello({ deployment, agent, own }: Ends, random: Random): string {
  const offer: Offer = { v: PROTOCOL, deployment, agent, key: newest(own).keys.id, nonce: newToken(random) }
  return JSON.stringify(offer)
}

/** Server: whom the offer names, to load the ends of that agent. Nothing is proven yet. */
export function readOffer(text: string): Hello<Offer> {
  const value = short(text)
  if (typeof value !== 'object' || value === null) return no('malformed')
  if ('v' in value && Number.isInteger(value.v) && value.v !== PROTOCOL) return no('wrong_version')
  const fields = { v: isNumber, deployment: isText, agent: isText, key: isText, nonce: isNonce }
  // as: every field was held to its type in the line itself.
  return hasExactly(value, fields) ? yes(value as Offer) : no('malformed')
}

/** Server, second: its signed reply. Keep both texts for `checkProof`. */
export function replyHello(ends: Ends, offerText: string, random: Random, now: Instant): Hello<string> {
  const offer = readOffer(offerText)
  if (!offer.ok) return offer
  if (!isBetween(ends, offer.value)) return no('not_for_me')
  if (!byId(ends.theirs, offer.value.key)) return no('unknown_key')
  const mine = newest(ends.own)
  const said = { key: mine.keys.id, nonce: newToken(random), at: now }
  return yes(signed('server', mine, offer.value, said, said))
}

/** Agent, third: the server is who was pinned (`serverKey` is the pair that it used); `proof` is to be sent. */
export function proveHello(
  ends: Ends,
  offerText: string,
  replyText: string,
  now: Instant,
): Hello<{ readonly proof: string; readonly serverKey: string; readonly clockOffsetMs: number }> {
  const offer = readOffer(offerText)
  const reply = readReply(replyText)
  if (!offer.ok || !reply.ok) return offer.ok ? no('malformed') : offer
  const { key, at } = reply.value
  const server = byId(ends.theirs, key)
  if (!server) return no('unknown_key')
  if (!isSigned('server', server, offer.value, reply.value, reply.value)) return no('bad_signature')
  const mine = byId(ends.own, offer.value.key)
  if (!mine) return no('unknown_key')
  const proof = signed('agent', mine, offer.value, reply.value, { at: now })
  return yes({ proof, serverKey: key, clockOffsetMs: now - at })
}

/** Server, last: the agent is who it says. `clockOffsetMs`: its clock minus ours. */
export function checkProof(
  ends: Ends,
  offerText: string,
  replyText: string,
  proofText: string,
  now: Instant,
): Hello<{ readonly agentKey: string; readonly clockOffsetMs: number }> {
  const offer = readOffer(offerText)
  const reply = readReply(replyText)
  const value = short(proofText)
  if (!offer.ok || !reply.ok || !hasExactly(value, { at: isInstant, signature: isText }))
    return no('malformed')
  if (!isBetween(ends, offer.value)) return no('not_for_me')
  const agent = byId(ends.theirs, offer.value.key)
  if (!agent) return no('unknown_key')
  // as: both fields were held to their types three lines above.
  const proof = value as { readonly at: Instant; readonly signature: string }
  if (!isSigned('agent', agent, offer.value, reply.value, proof)) return no('bad_signature')
  return yes({ agentKey: agent.keys.id, clockOffsetMs: proof.at - now })
}

type Role = 'server' | 'agent'
type Reply = {
  readonly key: string
  readonly nonce: string
  readonly at: Instant
  readonly signature: string
}

function readReply(text: string): Hello<Reply> {
  const value = short(text)
  const fields = { key: isText, nonce: isNonce, at: isInstant, signature: isText }
  // as: every field was held to its type in the line itself.
  return hasExactly(value, fields) ? yes(value as Reply) : no('malformed')
}

const SIGNED_AS = 'postern agent v1 hello'

type Answering = Pick<Reply, 'key' | 'nonce'>

const transcript = (role: Role, offer: Offer, reply: Answering, at: Instant): Buffer =>
  lengthPrefixed([
    ...[SIGNED_AS, role, String(offer.v), offer.deployment, offer.agent],
    ...[offer.key, reply.key, offer.nonce, reply.nonce, String(at)],
  ])

const signed = (
  role: Role,
  pair: OwnPair,
  offer: Offer,
  reply: Answering,
  said: { readonly at: Instant },
): string => {
  const signature = signBytes(pair.loaded, transcript(role, offer, reply, said.at)).toString('base64url')
  return JSON.stringify({ ...said, signature })
}

const isSigned = (
  role: Role,
  pair: TheirPair,
  offer: Offer,
  reply: Answering,
  said: { readonly at: Instant; readonly signature: string },
): boolean =>
  isSignedBy(pair.loaded, transcript(role, offer, reply, said.at), Buffer.from(said.signature, 'base64url'))

const isBetween = ({ deployment, agent }: Ends, offer: Offer): boolean =>
  offer.deployment === deployment && offer.agent === agent

const byId = <Pair extends OwnPair | TheirPair>(pairs: readonly Pair[], id: string): Pair | undefined =>
  pairs.find(({ keys }) => keys.id === id)

function newest(own: readonly OwnPair[]): OwnPair {
  const pair = own.at(-1)
  if (!pair) throw new Error('a link without keys')
  return pair
}

const yes = <Value>(value: Value) => ({ ok: true, value }) as const
const no = (refusal: HelloRefusal) => ({ ok: false, refusal }) as const
const short = (text: string): unknown => (text.length > HELLO_CHARACTERS_MAX ? undefined : parsed(text))
const isText = (value: unknown): boolean => typeof value === 'string'
const isNumber = (value: unknown): boolean => typeof value === 'number'
const isInstant = (value: unknown): boolean => Number.isSafeInteger(value)
/** 256 bits, as `newToken` draws them. */
const isNonce = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{43}$/.test(value)
