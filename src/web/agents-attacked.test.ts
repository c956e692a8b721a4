import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AgentSite, openAgentSite } from '../../rig/agent-site.ts'
import { rawAgent, rawHello } from '../../rig/raw-agent.ts'
import type { IdentityFile } from '../agent/identity.ts'
import { encodeFrame } from '../agent-frame.ts'
import { offerHello } from '../agent-hello.ts'
import { createNotes, helloBinding } from '../agent-note.ts'
import { systemRandom } from '../lib/random.ts'

let site: AgentSite
let identity: IdentityFile
beforeEach(async () => {
  site = await openAgentSite({ trustedProxies: ['127.0.0.1'] })
  identity = await site.enrol('one')
})
afterEach(() => site.stop())

const agent = (): string => identity.get().agent
const offer = (): string => offerHello(identity.ends(), systemRandom)
const refusals = async (): Promise<(string | null)[]> =>
  (await site.world.store.read(tx => tx.auditRecords(0, 100)))
    .filter(({ name }) => name === 'agent.hello_refused')
    .map(({ reason }) => reason)

it('takes no hello a second time: neither its offer nor its proof', async () => {
  const seen = await rawHello(site, identity)
  seen.socket.terminate()
  await seen.over
  const replay = rawAgent(site)
  await replay.opened()
  replay.send('hello', seen.offer)
  await replay.first()
  replay.send('hello', seen.proof)
  await replay.over
  expect(site.relay.ready('people')).toEqual([])
  await expect.poll(refusals).toEqual(['bad_signature'])
})

it.each([
  ['an older version', (text: string) => text.replace('"v":1', '"v":0'), 'wrong_version'],
  ['another deployment', (text: string) => text.replace(/"deployment":"./, '"deployment":"!'), 'not_for_me'],
  ['an unknown agent', (text: string) => text.replace(/"agent":"./, '"agent":"!'), 'unknown_agent'],
  ['an unknown key', (text: string) => text.replace(/"key":"./, '"key":"!'), 'unknown_key'],
  ['one field more', (text: string) => text.replace('{', '{"more":1,'), 'malformed'],
  ['no JSON', () => 'hello', 'malformed'],
])('refuses a hello of %s, without a word (AGT-09)', async (_what, change, reason) => {
  const raw = rawAgent(site)
  await raw.opened()
  raw.send('hello', change(offer()))
  await raw.over
  expect(raw.frames).toEqual([])
  await expect.poll(refusals).toEqual([reason])
})

it('ends whoever speaks out of turn, in text, in no frame, or in one that is too long (AGT-22)', async () => {
  const early = ['note', 'answer', 'call'] as const
  for (const kind of early) {
    const raw = rawAgent(site)
    await raw.opened()
    raw.send(kind, 'x')
    await raw.over
    expect(raw.frames).toEqual([])
  }
  const text = rawAgent(site)
  await text.opened()
  text.socket.send(offer())
  await text.over
  for (const length of [3, 1024 * 1024]) {
    const raw = await rawHello(site, identity)
    raw.socket.send(new Uint8Array(length))
    expect((await raw.over).code).toBe(length === 3 ? 1006 : 1009)
  }
  expect(site.relay.ready('people')).toEqual([])
})

it('does not compress, whatever a client offers (AGT-22)', async () => {
  const raw = rawAgent(site)
  await raw.opened()
  expect(raw.socket.extensions).toBe('')
  raw.socket.terminate()
})

it('lets no browser in, and no other host', async () => {
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await rawAgent(site, headers).over).status
  expect(await status({ origin: site.origin })).toBe(403)
  expect(await status({ origin: 'null' })).toBe(403)
  expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(403)
  expect(await status({ host: 'elsewhere.example.test' })).toBe(400)
})

it('is kept by nobody from serving others: 500 connections of one source', async () => {
  const flood = Array.from({ length: 500 }, () => rawAgent(site, { 'x-forwarded-for': '198.51.100.7' }))
  const opened = flood.map(raw => raw.opened().then(() => true))
  const refused = flood.map(async raw => (await raw.over).status)
  const all = await Promise.all(flood.map((_, at) => Promise.race([opened[at], refused[at]])))
  expect(all.filter(each => each === true)).toHaveLength(8)
  expect(all.filter(each => each === 429)).toHaveLength(492)
  site.link(identity)
  await expect.poll(() => site.relay.ready('people')).toEqual([agent()])
  for (const { socket } of flood) socket.terminate()
})

it('gives room back when connections end', async () => {
  const stays = rawAgent(site, { 'x-forwarded-for': '198.51.100.7' })
  await stays.opened()
  for (let round = 0; round < 3; round += 1) {
    const some = Array.from({ length: 7 }, () => rawAgent(site, { 'x-forwarded-for': '198.51.100.7' }))
    await Promise.all(some.map(raw => raw.opened()))
    for (const raw of some) raw.socket.terminate()
    await Promise.all(some.map(raw => raw.over))
    await expect
      .poll(async () => {
        const raw = rawAgent(site, { 'x-forwarded-for': '198.51.100.7' })
        const status = await Promise.race([raw.opened().then(() => 'in'), raw.over.then(each => each.status)])
        raw.socket.terminate()
        return status
      })
      .toBe('in')
  }
  stays.socket.terminate()
})

it('believes no note that is repeated, of another connection, or of another agent', async () => {
  const other = await site.enrol('two')
  const forged = async (write: (raw: Awaited<ReturnType<typeof rawHello>>, reply: string) => string[]) => {
    const raw = await rawHello(site, identity)
    for (const text of write(raw, raw.texts()[0] ?? '')) raw.send('note', text)
    expect(await Promise.race([raw.over, pause(2_000)])).toMatchObject({ status: null })
  }
  const leaving = { kind: 'leaving' } as const
  const notes = (raw: { offer: string; proof: string }, reply: string) =>
    createNotes('agent', helloBinding(raw.offer, reply, raw.proof))
  await forged((raw, reply) => {
    const note = notes(raw, reply).write(identity.ends(), leaving)
    return [note, note]
  })
  await forged((raw, reply) => [notes({ ...raw, offer: 'another' }, reply).write(identity.ends(), leaving)])
  await forged((raw, reply) => [notes(raw, reply).write(other.ends(), leaving)])
  await forged((raw, reply) => {
    const { write } = createNotes('server', helloBinding(raw.offer, reply, raw.proof))
    return [write(identity.ends(), { kind: 'welcome' })]
  })
  expect(site.relay.ready('people')).toEqual([])
})

it('answers a late answer, or one to a call that was never made, with nothing', async () => {
  const raw = await rawHello(site, identity)
  raw.socket.send(encodeFrame({ kind: 'answer', number: 77, content: Buffer.from('forged') }))
  const asked = site.relay.ask(agent(), Buffer.from('x'), AbortSignal.timeout(5_000))
  await expect.poll(() => raw.frames.at(-1)?.kind).toBe('call')
  raw.send('answer', 'right', raw.frames.at(-1)?.number)
  expect(Buffer.from(await asked).toString()).toBe('right')
  raw.socket.terminate()
})
