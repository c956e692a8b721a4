import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CountingDirectory, countingDirectory, type Fault } from '../../rig/agent-directory.ts'
import { freshPair, type Link, linkOf, theirsOf } from '../../rig/agent-link.ts'
import { filesIn, leaks } from '../../rig/canary.ts'
import { type FakeClock, fakeClock } from '../../rig/clock.ts'
import { seededRandom } from '../../rig/random.ts'
import type { AgentAnswer, AgentCall } from '../agent-call.ts'
import { openAnswer, sealCall } from '../agent-message.ts'
import { hours, minutes, seconds } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { type Answering, createAnswering } from './answer.ts'
import type { AgentAudit } from './audit.ts'
import { type Journal, openJournal } from './journal.ts'
import type { AgentPolicy } from './policy.ts'

const random = seededRandom('answer')
const OU = 'OU=Staff,DC=example,DC=test'
const POLICY: AgentPolicy = {
  allowedOus: [OU],
  protectedGroups: ['Domain Admins'],
  operations: ['reset', 'change', 'unlock', 'authenticate', 'browse'],
  resetsPerMinute: 100,
}
const ref = { directory: 'people', id: 'id-1' }
const yes: AgentAnswer = { ok: true, value: { ok: true } }
const refused = (why: string) => ({ ok: false, refused: why })

let folder: string
let clock: FakeClock
let link: Link
let directory: CountingDirectory
let journal: Journal
let answering: Answering
let audit: AgentAudit[]
let auditFails: boolean

async function start(over: Partial<AgentPolicy> = {}): Promise<void> {
  journal = await openJournal(folder, clock)
  answering = createAnswering({
    ...{ ends: () => link.agent, directory, journal, clock, policy: { ...POLICY, ...over } },
    audit: record => {
      if (auditFails) throw new Error('ENOSPC')
      audit.push(record)
    },
  })
}
/** As after `kill -9`: what hangs never comes back, what is on the disk is all there is. */
async function crash(): Promise<void> {
  await journal.close()
  await start()
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-answer-'))
  clock = fakeClock()
  link = linkOf()
  directory = countingDirectory({ place: `CN=Ana,${OU}`, groups: ['Staff'], locked: true })
  audit = []
  auditFails = false
  await start()
})
afterEach(async () => {
  await journal.close()
  rmSync(folder, { recursive: true, force: true })
})

const reset = (password: string): AgentCall => ({ op: 'setPassword', ref, password, unlock: true, key: 'k' })
const sealed = (call: AgentCall, id = newId(random)): Uint8Array =>
  sealCall(link.server, call, { id, issuedAt: clock.now(), lifeMs: seconds(30) })
/** What the server makes of it; 'nothing' where no answer came. */
async function send(frame: Uint8Array): Promise<AgentAnswer | 'nothing'> {
  const answer = await answering.answer(frame)
  return (answer && openAnswer(link.server, frame, answer)) ?? 'nothing'
}
const ask = (call: AgentCall): Promise<AgentAnswer | 'nothing'> => send(sealed(call))
const events = (): string[] => audit.map(({ event, reason }) => (reason ? `${event} ${reason}` : event))

test('every operation comes to the directory and its answer back', async () => {
  expect(await ask(reset('first'))).toEqual(yes)
  expect(await ask({ op: 'changePassword', ref, old: 'first', password: 'second', key: 'k' })).toEqual(yes)
  expect(await ask({ op: 'unlock', ref })).toEqual(yes)
  expect(directory.writes).toEqual(['first', 'second', '(unlock)'])
  expect(await ask({ op: 'authenticate', ref, password: 'x' })).toEqual({ ok: true, value: 'no' })
  expect(await ask({ op: 'outcome', ref, mark: '0' })).toEqual({ ok: true, value: 'changed' })
  expect(await ask({ op: 'search', text: '', page: null })).toMatchObject({ ok: true, value: { items: [] } })
  expect(await ask({ op: 'check' })).toMatchObject({ value: { reachable: true, writable: true } })
  const found = await ask({ op: 'find', login: 'ana' })
  expect(found).toMatchObject({ ok: true, value: { login: 'ana', protectedBecause: null } })
  expect(JSON.stringify(found)).not.toContain(OU)
  expect(await ask({ op: 'read', ref })).toEqual(found)
  expect(await ask({ op: 'findBy', attribute: 'a', value: 'b' })).toEqual({ ok: true, value: null })
  expect(events()).toEqual([1, 2, 3].flatMap(() => ['writing', 'written']).concat('authenticated'))
})

describe('nothing reaches the directory', () => {
  const untouched = (): void => {
    expect(directory.writes).toEqual([])
    expect(directory.binds).toEqual([])
  }

  test('of what is altered, late, early, for another, by another; each is told and audited by name', async () => {
    const frame = sealed(reset('p'))
    const parts = JSON.parse(Buffer.from(frame).toString())
    const other = JSON.parse(Buffer.from(sealed(reset('q'))).toString())
    const altered = Buffer.from(JSON.stringify({ ...parts, body: other.body }))
    const elsewhere = linkOf({ agent: 'agent-2' })
    const stranger = { ...link.server, own: [freshPair()] }
    const job = { id: newId(random), issuedAt: clock.now(), lifeMs: seconds(30) }
    expect(await send(altered)).toEqual(refused('bad_signature'))
    expect(await send(sealCall(stranger, reset('p'), job))).toEqual(refused('bad_signature'))
    expect(
      await send(sealCall({ ...link.server, theirs: [theirsOf(freshPair())] }, reset('p'), job)),
    ).toEqual(refused('bad_seal'))
    expect(await send(sealCall(elsewhere.server, reset('p'), job))).toEqual(refused('not_for_me'))
    expect(await answering.answer(Buffer.alloc(1024 * 1024))).toBeNull()
    clock.advance(hours(1))
    expect(await send(frame)).toEqual(refused('expired'))
    clock.set(clock.now() - hours(2))
    expect(await send(frame)).toEqual(refused('from_the_future'))
    untouched()
    expect(events()).toEqual(
      [
        'bad_signature',
        'bad_signature',
        'bad_seal',
        'not_for_me',
        'too_large',
        'expired',
        'from_the_future',
      ].map(reason => `refused ${reason}`),
    )
  })

  test('of an operation that is none, or that the host does not allow', async () => {
    // as: what a hijacked server may try.
    expect(await ask({ op: 'modify', dn: 'x' } as unknown as AgentCall)).toEqual(refused('unknown_operation'))
    await journal.close()
    await start({ operations: ['reset'] })
    for (const call of [
      reset('p'),
      { op: 'unlock', ref },
      { op: 'changePassword', ref, old: 'o', password: 'p', key: 'k' },
      { op: 'authenticate', ref, password: 'p' },
      { op: 'members', group: 'g', page: null },
    ] as const)
      expect(await ask(call), call.op).toEqual(refused('outside_policy'))
    untouched()
  })

  test('of a protected or distant account, whatever a hijacked server signs', async () => {
    const whole = directory.account
    directory.account = { ...whole, groups: ['Staff', 'domain admins'] }
    expect(await ask(reset('p'))).toEqual(refused('outside_policy'))
    expect(await ask({ op: 'find', login: 'ana' })).toMatchObject({
      value: { protectedBecause: 'member of Domain Admins' },
    })
    for (const place of ['CN=Ana,DC=example,DC=test', `CN=x\\,${OU}`]) {
      directory.account = { ...whole, place }
      expect(await ask(reset('p'))).toEqual(refused('outside_policy'))
      expect(await ask({ op: 'unlock', ref })).toEqual(refused('outside_policy'))
      expect(await ask({ op: 'authenticate', ref, password: 'p' })).toEqual(refused('outside_policy'))
      expect(await ask({ op: 'find', login: 'ana' })).toEqual({ ok: true, value: null })
    }
    const { place: _place, ...nowhere } = whole
    directory.account = nowhere
    expect(await ask(reset('p'))).toEqual(refused('outside_policy'))
    untouched()
  })

  test('of a job that was refused, when the same message comes again in better times', async () => {
    const frame = sealed(reset('p'))
    const whole = directory.account
    directory.account = { ...whole, groups: ['Domain Admins'] }
    expect(await send(frame)).toEqual(refused('outside_policy'))
    directory.account = whole
    expect(await send(frame)).toEqual(refused('outside_policy'))
    await crash()
    expect(await send(frame)).toEqual(refused('outside_policy'))
    untouched()
  })

  test('when the audit cannot be kept', async () => {
    auditFails = true
    expect(await ask(reset('p'))).toEqual(refused('journal_full'))
    expect(await ask({ op: 'authenticate', ref, password: 'p' })).toEqual(refused('journal_full'))
    untouched()
  })
})

test.each(['take', 'sent'] as const)(
  'a full disk at "%s" is told before the directory is touched',
  async step => {
    const full = { ...journal, [step]: () => Promise.reject(new Error('full')) }
    answering = createAnswering({
      ...{ ends: () => link.agent, directory, journal: full, clock, policy: POLICY },
      audit: record => void audit.push(record),
    })
    expect(await ask(reset('p'))).toEqual(refused('journal_full'))
    expect(directory.writes).toEqual([])
    expect(events()).toContain('refused journal_full')
  },
)

describe('a message that comes again', () => {
  test('is told what it came to, and nothing is done twice, across restarts', async () => {
    const frame = sealed(reset('p'))
    expect(await send(frame)).toEqual(yes)
    expect(await send(frame)).toEqual(yes)
    await crash()
    expect(await send(frame)).toEqual(yes)
    expect(directory.writes).toEqual(['p'])
    clock.advance(minutes(2))
    expect(await send(frame)).toEqual(refused('expired'))
  })

  test('many times at once runs once, and all are told', async () => {
    const frame = sealed(reset('p'))
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(frame)))
    expect(answers).toEqual(Array.from({ length: 20 }, () => yes))
    expect(directory.writes).toEqual(['p'])
  })

  test('under the same job with another text is a replay, running or done', async () => {
    const id = newId(random)
    const [one, two] = [sealed(reset('one'), id), sealed(reset('two'), id)]
    const both = await Promise.all([send(one), send(two)])
    expect(both).toEqual([yes, refused('replayed')])
    expect(await send(two)).toEqual(refused('replayed'))
    await crash()
    expect(await send(two)).toEqual(refused('replayed'))
    expect(directory.writes).toEqual(['one'])
  })

  test('though the clock was set back, hours or days later', async () => {
    const [write, bind] = [sealed(reset('p')), sealed({ op: 'authenticate', ref, password: 'p' })]
    const then = clock.now()
    expect(await send(write)).toEqual(yes)
    expect(await send(bind)).toMatchObject({ ok: true })
    for (const later of [hours(2), hours(30)]) {
      clock.set(then + later)
      await ask({ op: 'find', login: 'ana' })
      await crash()
      clock.set(then)
      expect(await send(write)).toEqual(refused('replayed'))
      expect(await send(bind)).toEqual(refused('replayed'))
    }
    expect(directory.writes).toEqual(['p'])
    expect(directory.binds).toEqual(['p'])
  })

  test('and only reads, is not answered again: what it told is not kept', async () => {
    const frame = sealed({ op: 'find', login: 'ana' })
    expect(await send(frame)).toMatchObject({ ok: true })
    expect(await send(frame)).toEqual(refused('replayed'))
  })

  test('from before the keys rolled is still answered, in the new ones', async () => {
    const frame = sealed(reset('p'))
    expect(await send(frame)).toEqual(yes)
    const fresh = freshPair()
    link = {
      server: { ...link.server, theirs: [...link.server.theirs, theirsOf(fresh)] },
      agent: { ...link.agent, own: [...link.agent.own, fresh] },
    }
    expect(await send(frame)).toEqual(yes)
    expect(directory.writes).toEqual(['p'])
  })
})

describe('an answer that is lost', () => {
  const unknown = { ok: false, failed: { sent: true } }
  const unsent = { ok: false, failed: { sent: false } }

  test.each([
    ['lost', unknown, ['p'], 'changed', yes],
    ['unsent', unsent, [], null, unsent],
    ['hangs', null, [], 'unchanged', unsent],
    ['arrives_and_hangs', null, ['p'], 'changed', yes],
  ] as const)(
    '"%s": what is said is what the directory says, and it is never written again',
    async (fault, said, writes, settled, end) => {
      const frame = sealed(reset('p'))
      directory.next = fault satisfies Fault
      const first = send(frame)
      if (said) expect(await first).toEqual(said)
      else await directory.hangs
      await crash()
      const sentAt = clock.now()
      await answering.settle()
      if (settled === 'unchanged') {
        expect(await send(frame)).toEqual(unknown)
        clock.set(sentAt + minutes(1))
        await answering.settle()
        clock.set(sentAt)
      }
      expect(await send(frame)).toEqual(end)
      expect(journal.unsettled()).toEqual([])
      expect(directory.writes).toEqual(writes)
      if (settled) expect(events()).toContain(`settled ${settled}`)
    },
  )

  test('stays unknown while the directory cannot be asked, and is settled when it can', async () => {
    const frame = sealed(reset('p'))
    directory.next = 'lost'
    expect(await send(frame)).toEqual(unknown)
    directory.isDown = true
    await answering.settle()
    expect(await send(frame)).toEqual(unknown)
    directory.isDown = false
    await answering.settle()
    expect(await send(frame)).toEqual(yes)
    expect(directory.writes).toEqual(['p'])
  })

  test('of an unlock is read from the lock', async () => {
    directory.next = 'lost'
    const frame = sealed({ op: 'unlock', ref })
    expect(await send(frame)).toEqual(unknown)
    expect(await send(frame)).toEqual(yes)
    expect(directory.writes).toEqual(['(unlock)'])
  })

  test('before it was sent is none: it is not done any more', async () => {
    const id = newId(random)
    const frame = sealed(reset('p'), id)
    directory.isDown = true
    expect(await send(frame)).toEqual(unsent)
    directory.isDown = false
    expect(await send(frame)).toEqual(refused('replayed'))
    await crash()
    expect(await send(frame)).toEqual(refused('replayed'))
    expect(directory.writes).toEqual([])
  })
})

test('a job whose time ran out on the way to the directory is not begun', async () => {
  const frame = sealed(reset('p'))
  const slow: Journal = {
    ...journal,
    sent: async (id, whom, mark) => {
      await journal.sent(id, whom, mark)
      clock.advance(seconds(30))
    },
  }
  answering = createAnswering({
    ...{ ends: () => link.agent, directory, journal: slow, clock, policy: POLICY },
    audit: record => void audit.push(record),
  })
  expect(await send(frame)).toEqual({ ok: false, failed: { sent: false } })
  expect(directory.writes).toEqual([])
})

test('too many in a minute are refused, unusually many pause the agent, also after a restart', async () => {
  await journal.close()
  await start({ resetsPerMinute: 2 })
  const many = async (count: number) => {
    const said: unknown[] = []
    for (let at = 0; at < count; at++) {
      const answer = await ask(reset(`p${at}`))
      said.push(answer !== 'nothing' && 'refused' in answer ? answer.refused : 'done')
    }
    return said
  }
  expect(await many(1)).toEqual(['done'])
  await journal.close()
  await start({ resetsPerMinute: 2 })
  expect(await many(5)).toEqual(['done', 'too_many', 'too_many', 'paused', 'paused'])
  expect(directory.writes).toHaveLength(2)
  expect(answering.isPaused()).toBe(true)
  expect(events().filter(event => event === 'paused')).toHaveLength(1)
  expect(await ask({ op: 'check' })).toMatchObject({ value: { writable: false } })
  expect(await ask({ op: 'find', login: 'ana' })).toMatchObject({ ok: true })
  clock.advance(minutes(15))
  expect(answering.isPaused()).toBe(false)
  expect(await many(1)).toEqual(['done'])
})

test('no password is in the journal, the audit or an error, however it ends', async () => {
  const canaries = ['Canary-9fK2mQx71LpZ', 'Canary-old-77Hs0Vb3', 'Canary-lost-4Dn8Wq']
  const [one = '', old = '', lost = ''] = canaries
  await ask(reset(one))
  await ask({ op: 'changePassword', ref, old, password: one, key: 'k' })
  await ask({ op: 'authenticate', ref, password: old })
  directory.next = 'lost'
  await ask(reset(lost))
  directory.isDown = true
  await ask(reset(lost))
  // as: a password where none belongs.
  await ask({ op: 'check', password: one } as unknown as AgentCall)
  await answering.settle()
  expect(directory.writes).toEqual([one, one, lost])
  expect(leaks([...filesIn(folder), Buffer.from(JSON.stringify(audit))], canaries)).toEqual([])
})
