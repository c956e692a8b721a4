import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freshPair, type Link, linkOf, theirsOf } from '../rig/agent-link.ts'
import { leaks } from '../rig/canary.ts'
import { seededRandom } from '../rig/random.ts'
import type { AgentAnswer, AgentCall } from './agent-call.ts'
import { lengthPrefixed } from './agent-envelope.ts'
import {
  CLOCK_SKEW_MS,
  type Ends,
  JOB_LIFE_MS,
  openAnswer,
  openCall,
  readCall,
  type SignedCall,
  sealAnswer,
  sealCall,
  theirPair,
} from './agent-message.ts'
import { signBytes } from './lib/key-pair.ts'
import { newId } from './lib/random.ts'
import { MESSAGE_BYTES_MAX } from './relay.ts'

const NOW = Date.UTC(2026, 0, 15, 12)
const random = seededRandom('agent message')
const PASSWORD = 'Canary-Xq7vT0pW93zRk'
const ref = { directory: 'people', id: 'id-1' }
const WRITE: AgentCall = { op: 'setPassword', ref, password: PASSWORD, unlock: true, key: 'k' }
const job = (over = {}) => ({ id: newId(random), issuedAt: NOW, lifeMs: 30_000, ...over })

const refusalOf = (ends: Ends, frame: Uint8Array, now = NOW): string | null => {
  const read = readCall(ends, frame, now)
  if (!read.ok) return read.refusal
  const opened = openCall(ends, read.value)
  return opened.ok ? null : opened.refusal
}

type Parts = { header: string; enc: string; body: string; signature: string }
// as: frames of this test have these fields.
const partsOf = (frame: Uint8Array): Parts => JSON.parse(Buffer.from(frame).toString()) as Parts
const frameOf = (parts: object): Uint8Array => Buffer.from(JSON.stringify(parts))
const headerOf = (frame: Uint8Array): Record<string, unknown> => JSON.parse(partsOf(frame).header)

test('a call opens for its agent as it was sealed, and no bit of the password is to be seen', () => {
  const { server, agent } = linkOf()
  const calls: AgentCall[] = [
    WRITE,
    { op: 'find', login: 'ana@example.test' },
    { op: 'changePassword', ref, old: 'ö\0', password: '😀', key: '' },
    { op: 'search', text: '', page: null },
    { op: 'outcome', ref, mark: '{"a":1}' },
    { op: 'check' },
  ]
  for (const call of calls) {
    const frame = sealCall(server, call, job())
    const read = readCall(agent, frame, NOW)
    expect(read.ok && openCall(agent, read.value)).toEqual({ ok: true, value: call })
    expect(leaks([Buffer.from(frame)], [PASSWORD])).toEqual([])
  }
})

test('the length of a frame does not tell the length of a password', () => {
  const { server } = linkOf()
  const lengths = ['x', 'x'.repeat(60)].map(
    password => sealCall(server, { ...WRITE, password }, job()).length,
  )
  expect(lengths[0]).toBe(lengths[1])
})

describe('a call is refused by name', () => {
  const link = linkOf()
  const frame = sealCall(link.server, WRITE, job())
  const other = sealCall(link.server, { ...WRITE, password: 'another' }, job())

  test('altered in any bit: no frame opens but the one that was sealed', () => {
    const small = sealCall(link.server, { op: 'check' }, job())
    for (let bit = 0; bit < small.length * 8; bit += 7) {
      const altered = small.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(refusalOf(link.agent, altered), `bit ${bit}`).not.toBeNull()
    }
  })

  test('ciphertexts, seals, signatures or headers swapped between two jobs', () => {
    for (const part of ['header', 'enc', 'body', 'signature'] as const) {
      const swapped = frameOf({ ...partsOf(frame), [part]: partsOf(other)[part] })
      expect(refusalOf(link.agent, swapped), part).toBe('bad_signature')
    }
    const { enc, body } = partsOf(other)
    expect(refusalOf(link.agent, frameOf({ ...partsOf(frame), enc, body }))).toBe('bad_signature')
  })

  test('swapped and signed again by a server key: the seal is bound to its own header', () => {
    const { enc, body } = partsOf(other)
    expect(refusalOf(link.agent, signedAgain(link, { ...partsOf(frame), enc, body }))).toBe('bad_seal')
  })

  test('every field of the header is signed, and bound to the seal', () => {
    const changes = {
      ...{ deployment: 'other', agent: 'other', job: newId(random), op: 'unlock', account: 'people\0id-2' },
      ...{ issuedAt: NOW - 1, expiresAt: NOW + 1, from: newId(random), to: newId(random) },
    }
    for (const [name, value] of Object.entries(changes)) {
      const parts = { ...partsOf(frame), header: JSON.stringify({ ...headerOf(frame), [name]: value }) }
      const addressed = name === 'deployment' || name === 'agent'
      expect(refusalOf(link.agent, frameOf(parts)), name).toBe(addressed ? 'not_for_me' : 'bad_signature')
      if (!addressed && name !== 'from')
        expect(refusalOf(link.agent, signedAgain(link, parts)), `${name}, signed`).toBe('bad_seal')
    }
  })

  test('a header that is not written in the one way', () => {
    const held = headerOf(frame)
    const { job: _job, ...short } = held
    const texts = [
      JSON.stringify({ ...held, extra: 1 }),
      JSON.stringify(short),
      JSON.stringify(held, null, 1),
      JSON.stringify(Object.fromEntries(Object.entries(held).reverse())),
      JSON.stringify(held).replace('{', '{"job":"x",'),
      JSON.stringify({ ...held, issuedAt: String(NOW) }),
      JSON.stringify({ ...held, issuedAt: 1.5 }),
      JSON.stringify({ ...held, account: 1 }),
      JSON.stringify({ ...held, job: 'short' }),
      JSON.stringify({ ...held, kind: 'other' }),
      ...['', 'null', '[]', '"x"', '{', JSON.stringify({ ...held, v: '1' })],
    ]
    for (const header of texts)
      expect(refusalOf(link.agent, signedAgain(link, { ...partsOf(frame), header })), header).toBe(
        'malformed',
      )
  })

  test('an older version, a newer one, and none', () => {
    for (const v of [0, 2, -1]) {
      const header = JSON.stringify({ ...headerOf(frame), v })
      expect(refusalOf(link.agent, signedAgain(link, { ...partsOf(frame), header }))).toBe('wrong_version')
    }
  })

  test('an envelope with anything more, less, or written otherwise', () => {
    const parts = partsOf(frame)
    const { enc: _enc, ...short } = parts
    const frames = [
      ...[frameOf({ ...parts, extra: '' }), frameOf(short), frameOf({ ...parts, enc: `${parts.enc}=` })],
      ...[frameOf({ ...parts, enc: 1 }), frameOf([]), Buffer.from(JSON.stringify(parts, null, 1))],
      ...[
        Buffer.alloc(0),
        Buffer.from('{'),
        Buffer.from([0xff, 0xfe]),
        Buffer.concat([frame, Buffer.from(' ')]),
      ],
    ]
    for (const each of frames) expect(refusalOf(link.agent, each), String(each.length)).toBe('malformed')
  })

  test('too large, before anything is read of it', () => {
    expect(refusalOf(link.agent, Buffer.alloc(1024 * 1024, '{'))).toBe('too_large')
    expect(refusalOf(link.agent, Buffer.alloc(MESSAGE_BYTES_MAX + 1, ' '))).toBe('too_large')
    expect(refusalOf(link.agent, Buffer.alloc(MESSAGE_BYTES_MAX, ' '))).toBe('malformed')
  })

  test('for another agent, another deployment, or an answer in place of a call', () => {
    expect(refusalOf({ ...link.agent, agent: 'agent-2' }, frame)).toBe('not_for_me')
    expect(refusalOf({ ...link.agent, deployment: 'deployment-2' }, frame)).toBe('not_for_me')
    const answer = sealAnswer(link.server, signedCall(link.agent, frame), { ok: true, value: null }, NOW)
    expect(refusalOf(link.agent, answer)).toBe('not_for_me')
  })

  test('signed by a server that was not pinned, or sealed to a key that is not ours', () => {
    const stranger = freshPair()
    expect(refusalOf(link.agent, sealCall({ ...link.server, own: [stranger] }, WRITE, job()))).toBe(
      'bad_signature',
    )
    const elsewhere = { ...link.server, theirs: [theirsOf(stranger)] }
    expect(refusalOf(link.agent, sealCall(elsewhere, WRITE, job()))).toBe('bad_seal')
  })

  test('expired, from the future, or with a longer life than any job', () => {
    expect(refusalOf(link.agent, frame, NOW + 29_999)).toBeNull()
    expect(refusalOf(link.agent, frame, NOW + 30_000)).toBe('expired')
    expect(refusalOf(link.agent, frame, NOW - CLOCK_SKEW_MS)).toBeNull()
    expect(refusalOf(link.agent, frame, NOW - CLOCK_SKEW_MS - 1)).toBe('from_the_future')
    expect(refusalOf(link.agent, frame, NOW + 3_600_000)).toBe('expired')
    const longest = sealCall(link.server, WRITE, job({ lifeMs: 3_600_000 }))
    expect(headerOf(longest)['expiresAt']).toBe(NOW + JOB_LIFE_MS)
    for (const expiresAt of [NOW + JOB_LIFE_MS + 1, NOW, NOW - 1, Number.MAX_SAFE_INTEGER]) {
      const header = JSON.stringify({ ...headerOf(frame), expiresAt })
      expect(refusalOf(link.agent, signedAgain(link, { ...partsOf(frame), header }))).toBe('malformed')
    }
  })

  test('an operation that is none, or one with other fields, though sealed and signed', () => {
    const wrong = [
      { op: 'search', filter: '(objectClass=*)' },
      { op: 'modify', dn: 'CN=x' },
      { op: 'check', extra: 1 },
      { op: 'read', ref: { ...ref, more: 1 } },
      { op: 'read' },
      { op: 'setPassword', ref, password: 1, unlock: true, key: '' },
      { op: 'constructor' },
      { op: '__proto__' },
    ]
    // as: what a server would send that does not keep to the types.
    for (const call of wrong)
      expect(
        refusalOf(link.agent, sealCall(link.server, call as AgentCall, job())),
        JSON.stringify(call),
      ).toBe('unknown_operation')
  })
})

test('a server that says one thing in the header and seals another is not believed', () => {
  const link = linkOf()
  const sealed = { ...WRITE, ref: { ...ref, id: 'id-2' } }
  const lies = [{ op: 'check' }, { op: 'unlock', ref }, { ...WRITE }, { op: 'unlock', ref: sealed.ref }].map(
    said => ({
      ...said,
      toJSON: () => sealed,
    }),
  )
  // as: the header is made of what is said, the seal of what toJSON gives.
  for (const lie of lies)
    expect(refusalOf(link.agent, sealCall(link.server, lie as unknown as AgentCall, job()))).toBe('malformed')
})

/** What an attacker with a stolen signing key, and no other, can make. */
function signedAgain(link: Link, parts: Omit<Parts, 'signature'>): Uint8Array {
  const { sign } = signing(link)
  return frameOf({ header: parts.header, enc: parts.enc, body: parts.body, signature: sign(parts) })
}

function signing({ server }: Link) {
  const pair = server.own[0]
  if (!pair) throw new Error('no keys')
  return {
    sign: ({ header, enc, body }: Omit<Parts, 'signature'>): string => {
      const parts = [header, Buffer.from(enc, 'base64url'), Buffer.from(body, 'base64url')]
      const bytes = lengthPrefixed(['postern agent v1 message', ...parts])
      return signBytes(pair.loaded, bytes).toString('base64url')
    },
  }
}

const signedCall = (ends: Ends, frame: Uint8Array): SignedCall => {
  const read = readCall(ends, frame, NOW)
  if (!read.ok) throw new Error(read.refusal)
  return read.value
}

describe('an answer', () => {
  const link = linkOf()
  const frame = sealCall(link.server, WRITE, job())
  const call = signedCall(link.agent, frame)
  const yes: AgentAnswer = { ok: true, value: { ok: true } }

  test('opens for the server that asked, whatever the clocks say', () => {
    const answers: AgentAnswer[] = [
      yes,
      { ok: true, value: { ok: false, refusal: { reason: 'too_short', value: 10 } } },
      { ok: false, failed: { sent: true } },
      { ok: false, refused: 'outside_policy' },
    ]
    for (const answer of answers)
      for (const now of [NOW, NOW + 3_600_000, NOW - 3_600_000])
        expect(openAnswer(link.server, frame, sealAnswer(link.agent, call, answer, now))).toEqual(answer)
  })

  test('of another job, another frame of the same job, another agent or another key is none', () => {
    const answer = sealAnswer(link.agent, call, yes, NOW)
    const same = sealCall(link.server, WRITE, job({ id: call.header.job }))
    for (const asked of [same, sealCall(link.server, WRITE, job())])
      expect(openAnswer(link.server, asked, answer)).toBeNull()
    expect(openAnswer({ ...link.server, agent: 'agent-2' }, frame, answer)).toBeNull()
    expect(openAnswer({ ...link.server, deployment: 'x' }, frame, answer)).toBeNull()
    const forged = sealAnswer({ ...link.agent, own: [freshPair()] }, call, yes, NOW)
    expect(openAnswer(link.server, frame, forged)).toBeNull()
    expect(openAnswer(link.server, frame, frame)).toBeNull()
    expect(openAnswer(link.server, frame, Buffer.alloc(MESSAGE_BYTES_MAX + 1))).toBeNull()
  })

  test('altered in any bit is none', () => {
    const answer = sealAnswer(link.agent, call, yes, NOW)
    for (let bit = 0; bit < answer.length * 8; bit += 11) {
      const altered = answer.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(openAnswer(link.server, frame, altered), `bit ${bit}`).toBeNull()
    }
  })

  test('that does not fit its operation is none', () => {
    const wrong: unknown[] = [
      ...[
        { ok: true, value: 'yes' },
        { ok: true, value: null },
        { ok: true, value: { ok: true, more: 1 } },
      ],
      ...[
        { ok: true },
        { ok: false },
        { ok: false, refused: 'because' },
        { ok: false, failed: {} },
        null,
        'yes',
      ],
      { ok: true, value: { ok: false, refusal: { reason: 'because' } } },
    ]
    for (const value of wrong) {
      // as: what an agent would send that does not keep to the types.
      const answer = sealAnswer(link.agent, call, value as AgentAnswer, NOW)
      expect(openAnswer(link.server, frame, answer), JSON.stringify(value)).toBeNull()
    }
  })
})

test('while keys roll, both ends understand what was made with the older pair', () => {
  const link = linkOf()
  const [newServer, newAgent] = [freshPair(), freshPair()]
  const rolled: Link = {
    server: {
      ...link.server,
      own: [...link.server.own, newServer],
      theirs: [...link.server.theirs, theirsOf(newAgent)],
    },
    agent: {
      ...link.agent,
      own: [...link.agent.own, newAgent],
      theirs: [...link.agent.theirs, theirsOf(newServer)],
    },
  }
  for (const [from, to] of [
    [link, rolled],
    [rolled, rolled],
  ] as const) {
    const frame = sealCall(from.server, WRITE, job())
    expect(refusalOf(to.agent, frame)).toBeNull()
    const answer = sealAnswer(
      to.agent,
      signedCall(to.agent, frame),
      { ok: false, failed: { sent: false } },
      NOW,
    )
    expect(openAnswer(to.server, frame, answer)).toEqual({ ok: false, failed: { sent: false } })
  }
  expect(refusalOf(link.agent, sealCall(rolled.server, WRITE, job()))).toBe('bad_signature')
})

test('a pair goes by its own name alone', () => {
  const { keys } = freshPair()
  expect(theirPair(keys).keys).toEqual(keys)
  expect(() => theirPair({ ...keys, id: freshPair().keys.id })).toThrow('not its own')
  expect(() => theirPair({ ...keys, seal: freshPair().keys.seal })).toThrow('not its own')
})

test('only exactly the associated data that was sealed opens', () => {
  const link = linkOf()
  const header = fc.record({
    job: fc.stringMatching(/^[\w-]{22}$/),
    op: fc.string(),
    account: fc.option(fc.string()),
    issuedAt: fc.integer({ min: NOW - 1_000, max: NOW }),
    expiresAt: fc.integer({ min: NOW + 1, max: NOW + 50_000 }),
  })
  fc.assert(
    fc.property(header, changes => {
      const frame = sealCall(link.server, { op: 'check' }, job())
      const altered = JSON.stringify({ ...headerOf(frame), ...changes })
      const refusal = refusalOf(link.agent, signedAgain(link, { ...partsOf(frame), header: altered }))
      expect(refusal).toBe('bad_seal')
    }),
    { numRuns: 100 },
  )
})
