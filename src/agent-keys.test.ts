import { expect, test } from 'vitest'
import { freshPair, linkOf, theirsOf } from '../rig/agent-link.ts'
import { seededRandom } from '../rig/random.ts'
import {
  announceKeys,
  enrolmentAnswerMac,
  enrolmentRequestMac,
  inviteOf,
  newInviteCode,
  readAnnouncement,
} from './agent-keys.ts'

test('a new pair is believed when the old one and itself signed it, and for this link and role alone', () => {
  const { server, agent } = linkOf()
  const fresh = freshPair()
  const rolling = { ...server, own: [...server.own, fresh] }
  const text = announceKeys('server', rolling, fresh)
  expect(readAnnouncement('server', agent, text)).toEqual({ ok: true, value: fresh.keys })
  expect(announceKeys('server', server, fresh)).toBe(text)
  expect(readAnnouncement('agent', agent, text)).toMatchObject({ ok: false, refusal: 'bad_signature' })
  for (const other of [
    { ...agent, agent: 'agent-2' },
    { ...agent, deployment: 'deployment-2' },
  ])
    expect(readAnnouncement('server', other, text)).toMatchObject({ refusal: 'bad_signature' })
  const since = { ...agent, theirs: [theirsOf(fresh)] }
  expect(readAnnouncement('server', since, text)).toMatchObject({ refusal: 'unknown_key' })
})

test('an announcement that was altered, or by whom nobody knows, changes nothing', () => {
  const { server, agent } = linkOf()
  const [fresh, other] = [freshPair(), freshPair()]
  const parts = JSON.parse(announceKeys('server', server, fresh))
  const read = (over: object) => readAnnouncement('server', agent, JSON.stringify({ ...parts, ...over })).ok
  expect(read({})).toBe(true)
  const wrong = [
    ...[{ keys: other.keys }, { keys: { ...fresh.keys, seal: other.keys.seal } }, { keys: {} }, { extra: 1 }],
    ...[{ signature: parts.own }, { own: parts.signature }, { own: '' }, { from: other.keys.id }],
  ]
  for (const over of wrong) expect(read(over), JSON.stringify(over)).toBe(false)
  for (const text of ['', 'null', ' '.repeat(10_000)])
    expect(readAnnouncement('server', agent, text).ok).toBe(false)
  const stranger = { ...server, own: [other] }
  expect(readAnnouncement('server', agent, announceKeys('server', stranger, fresh)).ok).toBe(false)
  expect(() => announceKeys('server', { ...server, own: [fresh] }, fresh)).toThrow('no older pair')
})

test('a code has 130 bits, is typed as one likes, and its name does not tell its key', () => {
  const code = newInviteCode(seededRandom('invite'))
  expect(code).toMatch(/^([A-Z2-7]{5}-){5}[A-Z2-7]$/)
  const invite = inviteOf(code)
  for (const typed of [code.toLowerCase(), ` ${code.replaceAll('-', ' ')}\n`])
    expect(inviteOf(typed)).toEqual(invite)
  for (const wrong of ['', code.slice(1), `${code}A`, code.replace(/^./, '1')])
    expect(inviteOf(wrong)).toBeNull()
  expect(inviteOf(newInviteCode(seededRandom('another')))?.id).not.toBe(invite?.id)
  expect(invite?.key).not.toContain(invite?.id)
})

test('the MACs cover every name and key, each side its own', () => {
  const key = inviteOf(newInviteCode(seededRandom('invite')))?.key ?? ''
  const [agent, server, other] = [freshPair(), freshPair(), freshPair()].map(({ keys: { sign, seal } }) => ({
    sign,
    seal,
  }))
  if (!agent || !server || !other) throw new Error('no keys')
  const answer = { name: 'a', agent, deployment: 'd', agentId: 'i', server }
  const changes = [
    ...[
      {},
      { name: 'b' },
      { agent: { ...agent, sign: other.sign } },
      { agent: { ...agent, seal: other.seal } },
    ],
    ...[{ deployment: 'e' }, { agentId: 'j' }, { server: { ...server, sign: other.sign } }],
    ...[
      { server: { ...server, seal: other.seal } },
      { agent: server, server: agent },
      { name: 'ad', deployment: '' },
    ],
  ]
  const macs = changes.map(over => enrolmentAnswerMac(key, { ...answer, ...over }))
  expect(new Set(macs).size).toBe(changes.length)
  const requests = changes.slice(0, 4).map(over => enrolmentRequestMac(key, { ...answer, ...over }))
  expect(new Set([...requests, ...macs]).size).toBe(changes.length + 4)
  expect(enrolmentRequestMac(`${key.slice(0, -2)}AA`, answer)).not.toBe(requests[0])
})
