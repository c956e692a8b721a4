import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AgentWorld, type DirectoryEntry, startAgentWorld, until } from '../../rig/agent.ts'
import { openldapEntry } from '../../rig/serve.ts'
import { personDn, type Slapd, startSlapd } from '../../rig/slapd.ts'
import { records } from '../../rig/victims.ts'
import { availability } from '../actions/availability.ts'
import { openIdentity } from '../agent/identity.ts'
import { readEnvelope } from '../agent-envelope.ts'
import type { OwnPair } from '../agent-message.ts'
import { hpkeOpen } from '../lib/hpke.ts'

const OLD = 'the old password of alice'
let slapd: Slapd
let site: AgentWorld
let entry: DirectoryEntry
beforeAll(async () => {
  slapd = await startSlapd({ users: ['alice', 'bob'].map(uid => ({ uid, password: OLD })) })
  await slapd.addGroup('board', [personDn('bob')])
  entry = { ...openldapEntry(slapd), name: 'people', base: slapd.base }
})
afterAll(() => slapd.stop())
beforeEach(async () => {
  site = await startAgentWorld(entry)
})
afterEach(() => site.stop())

/** As soon as it is so: heartbeats come in a moment. */
const toldToEverybody = async (code: string): Promise<void> => {
  await until(code, async () => {
    const state = await availability(site.world)
    return state.state === 'not_now' && state.supportCode === code
  })
  const starts = await Promise.all(['alice', 'nobody-at-all'].map(login => site.portal.start(login)))
  expect(starts.map(({ started }) => started.status)).toEqual([503, 503])
  expect(starts[0]?.started.text).toBe(starts[1]?.started.text)
}

test('a password is reset over HTTP, through an agent that is a process of its own, and opens the directory', async () => {
  const host = await site.host('dc1')
  const child = await host.start()
  await site.ready()
  const reset = await site.gatesPassed('alice')
  expect(await reset.password('seven quiet herons wade')).toMatchObject({ told: { state: 'done' } })
  expect((await slapd.hand.tryBind(personDn('alice'), 'seven quiet herons wade')).ok).toBe(true)
  expect((await slapd.hand.tryBind(personDn('alice'), OLD)).ok).toBe(false)
  expect(host.audit().map(({ event }) => event)).toEqual(['writing', 'written'])
  await child.stop()
  expect(host.log()).toMatch(/the agent stops/)
  expect(host.log()).not.toMatch(/herons|old password/)
})

test('without an agent everybody is told "not now" before the gates', () => toldToEverybody('SSPR_0030'))

test('so they are where the service account lacks its rights', async () => {
  const powerless = { ...entry, bind_dn: personDn('alice'), bind_password: OLD }
  await slapd.hand.replace(personDn('alice'), { userPassword: OLD })
  await (await site.host('dc1', { directory: powerless })).open()
  await toldToEverybody('SSPR_0029')
})

test('and where whoever runs the agent has switched resets off', async () => {
  await (await site.host('dc1', { policy: { operations: ['authenticate', 'change'] } })).open()
  await toldToEverybody('SSPR_0010')
})

test('what was switched off after the gates is told at the end, and nothing is written', async () => {
  const dc1 = await site.host('dc1')
  const before = await dc1.open()
  await site.ready()
  const reset = await site.gatesPassed('bob')
  await before.stop()
  await (await site.host('dc2', { policy: { operations: ['authenticate'] } })).open()
  await until('the other agent', async () => site.directory.can.authenticate && !site.directory.can.reset)
  expect((await reset.password('seven quiet herons wade')).status).toBe(503)
  expect((await slapd.hand.tryBind(personDn('bob'), OLD)).ok).toBe(true)
})

test('whom the agent protects a server cannot write, and both sides have it on record', async () => {
  const dc1 = await site.host('dc1', { policy: { protected_groups: ['board'] } })
  await dc1.open()
  await site.ready()
  const bob = await site.directory.find('bob', AbortSignal.timeout(5_000))
  expect(bob?.protectedBecause).toMatch(/board/)
  const ref = bob?.ref ?? { directory: '', id: '' }
  const write = { password: 'seven quiet herons wade', unlock: false, key: 'stolen' }
  const refused = { ok: false, refusal: { reason: 'not_allowed' } }
  expect(await site.directory.setPassword(ref, write, AbortSignal.timeout(5_000))).toEqual(refused)
  expect((await slapd.hand.tryBind(personDn('bob'), OLD)).ok).toBe(true)
  expect(dc1.audit().map(({ event, reason }) => [event, reason])).toContainEqual([
    'refused',
    expect.stringMatching(/^outside_policy: member of board/),
  ])
  await until('the record of the server', async () =>
    (await records(site.world)).some(
      ({ name, reason }) => name === 'agent.call_refused' && reason === 'outside_policy',
    ),
  )
})

test('two agents never share a state folder', async () => {
  const dc1 = await site.host('dc1')
  await dc1.open()
  await expect(dc1.open()).rejects.toThrow(/another agent runs with the folder/)
})

test('a recording of one reset, opened with every key but the agent’s, holds no password', async () => {
  const dc1 = await site.host('dc1')
  await dc1.open()
  await site.ready()
  const calls: Uint8Array[] = []
  const answers: Uint8Array[] = []
  site.onAsk = async ({ message }, send) => {
    calls.push(message)
    const answer = await send()
    answers.push(answer)
    return answer
  }
  const password = 'nine loud storks fly 2'
  const reset = await site.gatesPassed('bob')
  expect((await reset.password(password)).told.state).toBe('done')
  const [id = ''] = site.relay.ready('people')
  const server = site.book.endsOf(id)?.own ?? []
  const opened = (frames: readonly Uint8Array[], keys: typeof server): string[] =>
    frames.flatMap(frame => keys.flatMap(pair => openedBy(pair, frame) ?? []))
  const agent = openIdentity(dc1.config.state).ends().own
  expect(opened(calls, agent).filter(each => each.includes(password)).length).toBe(1)
  expect([opened(calls, server), server.length]).toEqual([[], 1])
  expect(opened(answers, server).length).toBe(answers.length)
  for (const each of [...opened(answers, server), ...calls.map(plain), ...answers.map(plain)])
    for (const form of [password, Buffer.from(password).toString('base64').slice(0, 20)])
      expect(each).not.toContain(form)
})

const plain = (frame: Uint8Array): string => Buffer.from(frame).toString('latin1')

/** What a key opens, whatever the frame says whom it is for. */
function openedBy({ loaded }: OwnPair, frame: Uint8Array): string | null {
  const envelope = readEnvelope(frame)
  if (!envelope) throw new Error('no envelope')
  const bound = { info: Buffer.from('postern agent v1'), associated: Buffer.from(envelope.header) }
  try {
    return hpkeOpen(loaded.seal, bound, envelope).toString('utf8')
  } catch {
    return null
  }
}
