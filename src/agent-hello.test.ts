import { expect, test } from 'vitest'
import { freshPair, linkOf, theirsOf } from '../rig/agent-link.ts'
import { seededRandom } from '../rig/random.ts'
import { checkProof, offerHello, proveHello, readOffer, replyHello } from './agent-hello.ts'
import type { Ends } from './agent-message.ts'

const NOW = Date.UTC(2026, 0, 15, 12)
const random = seededRandom('agent hello')

type Texts = { offer: string; reply: string; proof: string }
type Change = (name: keyof Texts, text: string) => string
const asIs: Change = (_name, text) => text

/** One whole hello with somebody in the middle; what each side says at its end, or the first refusal. */
function hello(server: Ends, agent: Ends, change: Change = asIs, agentNow = NOW) {
  const offer = offerHello(agent, random)
  const replied = replyHello(server, change('offer', offer), random, NOW)
  if (!replied.ok) return { by: 'server', refusal: replied.refusal }
  const proven = proveHello(agent, offer, change('reply', replied.value), agentNow)
  if (!proven.ok) return { by: 'agent', refusal: proven.refusal }
  const checked = checkProof(
    server,
    change('offer', offer),
    replied.value,
    change('proof', proven.value.proof),
    NOW,
  )
  if (!checked.ok) return { by: 'server', refusal: checked.refusal }
  return { by: 'nobody', agent: proven.value, server: checked.value }
}

const withField =
  (message: keyof Texts, field: string, value: unknown): Change =>
  (name, text) =>
    name === message ? JSON.stringify({ ...JSON.parse(text), [field]: value }) : text

test('both sides know each other afterwards, and how far apart their clocks are', () => {
  const { server, agent } = linkOf()
  expect(hello(server, agent, asIs, NOW - 3_600_000)).toMatchObject({
    by: 'nobody',
    agent: { serverKey: server.own[0]?.keys.id, clockOffsetMs: -3_600_000 },
    server: { agentKey: agent.own[0]?.keys.id, clockOffsetMs: -3_600_000 },
  })
})

test('an offer of another version is refused, and one that was made older on the way, too', () => {
  const { server, agent } = linkOf()
  for (const v of [0, 2]) {
    expect(hello(server, agent, withField('offer', 'v', v))).toMatchObject({ refusal: 'wrong_version' })
    expect(readOffer(withField('offer', 'v', v)('offer', offerHello(agent, random)))).toMatchObject({
      ok: false,
    })
  }
})

test('no field of any message can be changed on the way', () => {
  const { server, agent } = linkOf()
  const nonce = 'x'.repeat(43)
  const changes: [keyof Texts, string, unknown, string][] = [
    ['offer', 'deployment', 'other', 'not_for_me'],
    ['offer', 'agent', 'other', 'not_for_me'],
    ['offer', 'key', 'x'.repeat(22), 'unknown_key'],
    ['offer', 'nonce', nonce, 'bad_signature'],
    ['offer', 'nonce', 'short', 'malformed'],
    ['offer', 'extra', 1, 'malformed'],
    ['reply', 'key', 'x'.repeat(22), 'unknown_key'],
    ['reply', 'nonce', nonce, 'bad_signature'],
    ['reply', 'at', NOW + 1, 'bad_signature'],
    ['reply', 'signature', '', 'bad_signature'],
    ['reply', 'extra', 1, 'malformed'],
    ['proof', 'at', NOW + 1, 'bad_signature'],
    ['proof', 'signature', '', 'bad_signature'],
    ['proof', 'extra', 1, 'malformed'],
  ]
  for (const [message, field, value, refusal] of changes)
    expect(hello(server, agent, withField(message, field, value)), `${message} ${field}`).toMatchObject({
      refusal,
    })
  for (const name of ['offer', 'reply', 'proof'] as const)
    for (const text of ['', '{', 'null', '[]', ' '.repeat(5_000)])
      expect(hello(server, agent, (at, whole) => (at === name ? text : whole))).toMatchObject({
        refusal: 'malformed',
      })
})

test('who is not pinned is refused by either side, even with a certificate of any authority', () => {
  const { server, agent } = linkOf()
  const stranger = freshPair()
  expect(hello({ ...server, own: [stranger] }, agent)).toEqual({ by: 'agent', refusal: 'unknown_key' })
  expect(hello(server, { ...agent, own: [stranger] })).toEqual({ by: 'server', refusal: 'unknown_key' })
  const pretending = { ...stranger, keys: server.own[0]?.keys ?? stranger.keys }
  expect(hello({ ...server, own: [pretending] }, agent)).toEqual({ by: 'agent', refusal: 'bad_signature' })
  const pretended = { ...stranger, keys: agent.own[0]?.keys ?? stranger.keys }
  expect(hello(server, { ...agent, own: [pretended] })).toEqual({ by: 'server', refusal: 'bad_signature' })
})

test('what another hello said is worth nothing in this one, nor from the other side', () => {
  const { server, agent } = linkOf()
  const earlier: Partial<Texts> = {}
  hello(server, agent, (name, text) => {
    earlier[name] = text
    return text
  })
  for (const name of ['reply', 'proof'] as const)
    expect(
      hello(server, agent, (at, text) => (at === name ? (earlier[name] ?? '') : text)),
      name,
    ).toMatchObject({
      refusal: 'bad_signature',
    })
  let reply = ''
  const reflected = hello(server, agent, (name, text) => {
    if (name === 'reply') reply = text
    const { at, signature } = JSON.parse(reply || '{}')
    return name === 'proof' ? JSON.stringify({ at, signature }) : text
  })
  expect(reflected).toEqual({ by: 'server', refusal: 'bad_signature' })
})

test('a signature of one role never serves the other, even under one and the same pair', () => {
  const { server, agent } = linkOf()
  const both = server.own.map(theirsOf)
  const mirrored = hello({ ...server, theirs: both }, { ...agent, own: server.own }, (name, text) => {
    if (name === 'reply') reply = text
    const { at, signature } = JSON.parse(reply || '{}')
    return name === 'proof' ? JSON.stringify({ at, signature }) : text
  })
  expect(mirrored).toEqual({ by: 'server', refusal: 'bad_signature' })
})
let reply = ''

test('an agent whose new pair is known beside the old one is known by either', () => {
  const { server, agent } = linkOf()
  const fresh = freshPair()
  const rolling = { ...server, theirs: [...server.theirs, theirsOf(fresh)] }
  expect(hello(rolling, agent).by).toBe('nobody')
  expect(hello(rolling, { ...agent, own: [...agent.own, fresh] })).toMatchObject({
    server: { agentKey: fresh.keys.id },
  })
})
