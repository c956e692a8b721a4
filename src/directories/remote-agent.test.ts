import { describe, expect, test } from 'vitest'
import { sampleAccount } from '../../rig/agent-directory.ts'
import { linkOf } from '../../rig/agent-link.ts'
import type { Agent, Heartbeat } from '../agent.ts'
import type { AgentAnswer } from '../agent-call.ts'
import { openCall, readCall, sealAnswer } from '../agent-message.ts'
import { DirectoryError } from '../directory.ts'
import { seconds, systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { RelayError } from '../relay.ts'
import { createRemoteAgentDirectory } from './remote-agent.ts'

const CAN = { reset: true, change: true, unlock: true, authenticate: true, historyOnReset: true }
const FINE: Omit<Heartbeat, 'at'> = {
  ...{
    version: '1.0.0',
    clockOffsetMs: 0,
    reachable: true,
    writable: true,
    can: CAN,
    findings: [],
    paused: false,
  },
}
type Says = AgentAnswer | 'lost' | 'unsent' | 'silent' | 'forged'

const REF = { directory: 'people', id: 'id-1' }
const WRITE = { password: 'a secret that is nowhere', unlock: false, key: 'k' }
const soon = (): AbortSignal => AbortSignal.timeout(3_000)

/** Agents `a`, `b`, … in this order, each with what it answers to every call. */
function openAgents(says: readonly Says[], beats: readonly Partial<Heartbeat>[] = []) {
  const asked: string[] = []
  const notes: string[] = []
  const ids = says.map((_, at) => 'abc'.charAt(at))
  const links = new Map(ids.map(id => [id, linkOf({ agent: id })]))
  const agentOf = (id: string): Agent => ({
    ...{ id, name: id, directory: 'people', status: 'active', keys: [], pinned: '', rollAskedAt: null },
    ...{ rolledAt: null, enrolledAt: 0, confirmedAt: 0, revokedAt: null },
    heartbeat: { ...FINE, at: systemClock.now(), ...beats[ids.indexOf(id)] },
  })
  const ask = async (id: string, frame: Uint8Array, signal: AbortSignal): Promise<Uint8Array> => {
    const link = links.get(id)
    const said = says[ids.indexOf(id)]
    if (!link || said === undefined) throw new Error('no agent')
    const read = readCall(link.agent, frame, systemClock.now())
    if (!read.ok || !openCall(link.agent, read.value).ok) throw new Error('no call')
    asked.push(`${id} ${read.value.header.op}`)
    if (said === 'lost') throw new RelayError('lost', true)
    if (said === 'unsent') throw new RelayError('busy', false)
    if (said === 'silent')
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new RelayError('late', true))),
      )
    if (said === 'forged') return frame
    return sealAnswer(link.agent, read.value, said, systemClock.now())
  }
  const directory = createRemoteAgentDirectory({
    ...{ name: 'people', domains: [], clock: systemClock, random: systemRandom },
    relay: { ready: () => ids, ask, cut: () => undefined, close: async () => undefined },
    agents: { agent: agentOf, endsOf: id => links.get(id)?.server ?? null },
    note: (event, { why }) => notes.push(`${event} ${why}`),
  })
  return { directory, asked, notes }
}

const yes: Says = { ok: true, value: { ok: true } }
const refused = (reason: Extract<AgentAnswer, { refused: unknown }>['refused']): Says => ({
  ok: false,
  refused: reason,
})
const sentOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    value => value,
    (error: unknown) => {
      expect(String(error)).not.toContain(WRITE.password)
      return error instanceof DirectoryError ? error.sent : error
    },
  )

describe('a write', () => {
  test.each<[string, Says, unknown, string[]]>([
    ['whose answer is lost goes to nobody else', 'lost', true, ['a setPassword']],
    ['whose answer is forged goes to nobody else', 'forged', true, ['a setPassword']],
    [
      'that the directory may have got goes to nobody else',
      { ok: false, failed: { sent: true } },
      true,
      ['a setPassword'],
    ],
    ['that is refused as a repeat may be at work', refused('replayed'), true, ['a setPassword']],
    ['that is refused as late may be at work', refused('expired'), true, ['a setPassword']],
    ['that never left goes to the next agent', 'unsent', { ok: true }, ['a setPassword', 'b setPassword']],
    [
      'that a paused agent refuses goes to the next',
      refused('paused'),
      { ok: true },
      ['a setPassword', 'b setPassword'],
    ],
    [
      'that reached no directory goes to the next',
      { ok: false, failed: { sent: false } },
      { ok: true },
      ['a setPassword', 'b setPassword'],
    ],
    [
      'outside an agent’s policy is a no',
      refused('outside_policy'),
      { ok: false, refusal: { reason: 'not_allowed' } },
      ['a setPassword'],
    ],
  ])('%s', async (_what, first, outcome, asked) => {
    const site = openAgents([first, yes])
    expect(await sentOf(site.directory.setPassword(REF, WRITE, soon()))).toEqual(outcome)
    expect(site.asked).toEqual(asked)
  })

  test('with no agent there leaves nothing', async () => {
    const { directory } = openAgents([])
    expect(await sentOf(directory.setPassword(REF, WRITE, soon()))).toBe(false)
    expect(await directory.check(soon())).toMatchObject({ reachable: false, writable: false })
  })

  test('after the end of its signal is not handed out', async () => {
    const site = openAgents([yes])
    expect(await sentOf(site.directory.setPassword(REF, WRITE, AbortSignal.abort()))).toBe(false)
    expect(site.asked).toEqual([])
  })
})

describe('a read', () => {
  const found: Says = { ok: true, value: sampleAccount({ ref: REF }) }
  test.each<[string, Says]>([
    ['is lost', 'lost'],
    ['is silent', 'silent'],
    ['lies', 'forged'],
    [
      'answers for another directory',
      { ok: true, value: sampleAccount({ ref: { directory: 'x', id: 'id-1' } }) },
    ],
    [
      'answers for another account',
      { ok: true, value: sampleAccount({ ref: { directory: 'people', id: 'id-2' } }) },
    ],
  ])('goes on to the next agent where the first %s', async (_what, first) => {
    const site = openAgents([first, found])
    expect((await site.directory.read(REF, AbortSignal.timeout(5_000)))?.login).toBe('ana')
    expect(site.asked).toEqual(['a read', 'b read'])
  })

  test('of more than a page is no answer', async () => {
    const items = Array.from({ length: 101 }, (_, at) => ({ id: String(at), name: 'x' }))
    const site = openAgents([{ ok: true, value: { items, next: null } }])
    expect(await sentOf(site.directory.groups('x', null, soon()))).toBe(true)
    expect(site.notes).toEqual(['agent_answer_rejected unfit'])
  })

  test('of a password counts where it arrives, and is asked once', async () => {
    const site = openAgents(['lost', { ok: true, value: 'yes' }])
    expect(await sentOf(site.directory.authenticate(REF, WRITE.password, soon()))).toBe(true)
    expect(site.asked).toEqual(['a authenticate'])
  })
})

describe('heartbeats', () => {
  test('say who is asked first, and who is not', async () => {
    const beats = [{ reachable: false }, {}, { clockOffsetMs: seconds(40) }]
    const site = openAgents(['lost', 'lost', 'lost'], beats)
    await sentOf(site.directory.find('ana', soon()))
    expect(site.asked).toEqual(['b find', 'a find'])
  })

  test('that are old are none', async () => {
    const { directory } = openAgents([yes], [{ at: systemClock.now() - seconds(41) }])
    expect((await directory.check(soon())).reachable).toBe(false)
  })

  test('say what the directory can, and whether it can be written', async () => {
    const { directory } = openAgents([yes], [{ can: { ...CAN, unlock: false }, paused: true }])
    expect(directory.can.unlock).toBe(false)
    expect(await directory.check(soon())).toMatchObject({ reachable: true, writable: false })
  })
})
