// Every byte between a server and its agent during one reset, in the hands of somebody who has every key but the agent's.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AgentHost, type AgentWorld, startAgentWorld } from '../../rig/agent.ts'
import { filesIn, leaks } from '../../rig/canary.ts'
import { tempFolder } from '../../rig/child.ts'
import { type OpenedValue, openedStore } from '../../rig/opened-store.ts'
import { openldapEntry } from '../../rig/serve.ts'
import { type Slapd, startSlapd } from '../../rig/slapd.ts'
import { type RecordedFrame, startWireRecord, type WireRecord } from '../../rig/wire-record.ts'
import { TEST_RING } from '../../rig/world.ts'
import { openIdentity } from '../agent/identity.ts'
import { readEnvelope } from '../agent-envelope.ts'
import { type OwnPair, ownPair } from '../agent-message.ts'
import { hpkeOpen } from '../lib/hpke.ts'
import type { Halves } from '../lib/key-pair.ts'

const [OLD, NEW] = ['the old password of alice', 'neun laute Störche & 2 Bäche'] as const
const folder = tempFolder('trace')
const file = join(folder.path, 'store.db')
let slapd: Slapd
let site: AgentWorld
let wire: WireRecord
let host: AgentHost
let frames: readonly RecordedFrame[]
let opened: readonly OpenedValue[]

beforeAll(async () => {
  slapd = await startSlapd({ users: [{ uid: 'alice', password: OLD }] })
  site = await startAgentWorld({ ...openldapEntry(slapd), name: 'people' }, { file })
  wire = await startWireRecord(site.portal.port)
  host = await site.host('dc1', { proxy: wire.url })
  await host.open()
  await site.ready()
  const reset = await site.gatesPassed('alice')
  expect((await reset.password(NEW)).told.state).toBe('done')
  frames = wire.frames()
  opened = openedStore(file, TEST_RING)
})
afterAll(async () => {
  await site.stop()
  await wire.stop()
  await slapd.stop()
  folder.remove()
})

/** What a key opens, whatever the frame says whom it is for. */
function openedBy(pairs: readonly OwnPair[], { content }: RecordedFrame): Buffer[] {
  const envelope = readEnvelope(content)
  if (!envelope) throw new Error('no envelope')
  const bound = { info: Buffer.from('postern agent v1'), associated: Buffer.from(envelope.header) }
  return pairs.flatMap(({ loaded }) => {
    try {
      return [hpkeOpen(loaded.seal, bound, envelope)]
    } catch {
      return []
    }
  })
}

const ofKind = (kind: RecordedFrame['kind']): readonly RecordedFrame[] =>
  frames.filter(frame => frame.kind === kind)

/** From the stolen database. as: what the server keeps there are the halves of its pairs. */
const serverPairs = (): OwnPair[] =>
  opened.filter(({ table }) => table === 'agent_keys').map(({ text }) => ownPair(JSON.parse(text) as Halves))

const inEveryForm = (secret: string): readonly Buffer[] => [
  Buffer.from(secret),
  Buffer.from(secret, 'utf16le'),
  ...(['hex', 'base64', 'base64url'] as const).map(form => Buffer.from(Buffer.from(secret).toString(form))),
  Buffer.from(encodeURIComponent(secret)),
]

test('the recording is whole: hello, notes, calls and answers, both ways', () => {
  const seen = new Set(frames.map(({ direction, kind }) => `${kind} ${direction}`))
  for (const each of [
    'hello to_server',
    'hello to_agent',
    'call to_agent',
    'answer to_server',
    'note to_server',
  ])
    expect(seen).toContain(each)
  expect(ofKind('answer').length).toBe(ofKind('call').length)
  const writes = ofKind('call').filter(({ content }) => /setPassword/.test(Buffer.from(content).toString()))
  expect(writes.length).toBe(1)
})

test('opened with every key but the agent’s it holds no password, in clear or in any form', () => {
  const server = serverPairs()
  expect(server.map(({ keys }) => keys.id)).toEqual(
    site.book.endsOf(site.relay.ready('people')[0] ?? '')?.own.map(({ keys }) => keys.id),
  )
  const answers = ofKind('answer').flatMap(frame => openedBy(server, frame))
  expect(answers.length).toBe(ofKind('answer').length)
  expect(ofKind('call').flatMap(frame => openedBy(server, frame))).toEqual([])
  // The stolen database is open, too: it tells who reset a password.
  const texts = opened.map(({ text }) => Buffer.from(text))
  expect(leaks(texts, ['alice'])).toEqual(['alice'])
  const places = [
    ...wire.bytes(),
    ...frames.map(({ content }) => Buffer.from(content)),
    ...[...answers, ...texts, ...filesIn(folder.path)],
  ]
  expect(leaks(places, [NEW, OLD, slapd.bindPassword])).toEqual([])
})

test('a password in any form would be found, and with the agent’s key it is', () => {
  for (const form of inEveryForm(NEW)) expect(leaks([form], [NEW])).toEqual([NEW])
  const agent = openIdentity(host.config.state).ends().own
  const calls = ofKind('call').flatMap(frame => openedBy(agent, frame))
  expect(calls.length).toBe(ofKind('call').length)
  expect(calls.filter(call => leaks([call], [NEW]).length > 0).length).toBe(1)
})
