// Somebody holds the server's real keys and its connections to the agent, and signs whatever they like. What the agent's
// own file forbids is done to nobody in a real Active Directory (AGT-14, AGT-15).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AgentHost, type AgentWorld, startAgentWorld } from '../../rig/agent.ts'
import { type Samba, startSamba } from '../../rig/samba.ts'
import { sambaEntry } from '../../rig/serve.ts'
import type { AccountRef } from '../account.ts'
import type { AgentAnswer, AgentCall } from '../agent-call.ts'
import { openAnswer, sealCall } from '../agent-message.ts'
import { deadline, seconds, systemClock } from '../lib/clock.ts'
import { newId, systemRandom } from '../lib/random.ts'

const OLD = 'Quiet-harbour old 1'
const NEW = 'Seven quiet herons wade 7'
const refused = (why: string): AgentAnswer => ({ ok: false, refused: why }) as AgentAnswer
const done: AgentAnswer = { ok: true, value: { ok: true } }

let samba: Samba
let dns: Readonly<Record<'ana' | 'bea' | 'boss' | 'outside', string>>
let refs: Readonly<Record<keyof typeof dns, AccountRef>>
let site: AgentWorld
let host: AgentHost

beforeAll(async () => {
  samba = await startSamba()
  const open = `OU=Open,${samba.staff}`
  await samba.hand.add(open, { objectClass: 'organizationalUnit' })
  const add = (login: string, parent: string) => samba.addUser({ login, password: OLD, parent })
  dns = {
    ana: await add('ana', open),
    bea: await add('bea', open),
    boss: await add('boss', open),
    // The service account could write it: it is the agent alone that says no.
    outside: await add('outside', samba.staff),
  }
  // Nested: a member of a member.
  await samba.addGroup('Board', [await samba.addGroup('Chairs', [dns.boss])])
  refs = await refsOfAll()
})
afterAll(() => samba.stop())
afterEach(() => site.stop())

const entry = () => ({ ...sambaEntry(samba), name: 'people' })

/** As an agent without limits told the server of them once. */
async function refsOfAll(): Promise<typeof refs> {
  site = await startAgentWorld(entry())
  await (await site.host('dc0')).open()
  await site.ready()
  const refOf = async (login: string): Promise<AccountRef> => {
    const found = await site.directory.find(login, deadline(seconds(5)))
    if (!found) throw new Error(`no ${login}`)
    return found.ref
  }
  const [ana, bea, boss, outside] = await Promise.all(['ana', 'bea', 'boss', 'outside'].map(refOf))
  await site.stop()
  if (!ana || !bea || !boss || !outside) throw new Error('somebody is missing')
  return { ana, bea, boss, outside }
}

beforeEach(async () => {
  site = await startAgentWorld(entry())
  host = await site.host('dc1', {
    policy: { allowed_ous: [`OU=Open,${samba.staff}`], protected_groups: ['Board'], resets_per_minute: 2 },
  })
  await host.open()
  await site.ready()
})

/** Signed with the server's own key, sealed, fresh: no part of the server's code that decides has a say in it. */
async function send(call: AgentCall): Promise<AgentAnswer | null> {
  const [agent = ''] = site.relay.ready('people')
  const ends = site.book.endsOf(agent)
  if (!ends) throw new Error('the agent is not there')
  const job = { id: newId(systemRandom), issuedAt: systemClock.now(), lifeMs: seconds(30) }
  const frame = sealCall(ends, call, job)
  return openAnswer(ends, frame, await site.relay.ask(agent, frame, deadline(seconds(20))))
}

const reset = (ref: AccountRef, password = NEW): AgentCall => ({
  ...{ op: 'setPassword', ref, password, unlock: true, key: newId(systemRandom) },
})
const writes = (ref: AccountRef): readonly AgentCall[] => [
  reset(ref),
  { op: 'changePassword', ref, old: OLD, password: NEW, key: newId(systemRandom) },
  { op: 'unlock', ref },
]

/** Every write to an entry raises it, whatever was written (MS-ADTS 3.1.1.1.9). */
const usnOf = async (dn: string): Promise<string | undefined> =>
  (await samba.hand.read(dn, ['uSNChanged']))['uSNChanged']?.[0]

const reasons = (): unknown[] =>
  host
    .audit()
    .filter(({ event }) => event === 'refused')
    .map(({ reason }) => reason)

describe.each([
  ['in a protected group, through another group', 'boss', /^outside_policy: member of Board/i],
  ['outside the allowed units', 'outside', /^outside_policy: outside the allowed units/],
] as const)('an account %s', (_what, who, why) => {
  test('is neither reset, changed nor unlocked, and each try is on record beside the directory', async () => {
    const before = await usnOf(dns[who])
    for (const call of writes(refs[who])) expect(await send(call), call.op).toEqual(refused('outside_policy'))
    expect(await usnOf(dns[who])).toBe(before)
    expect(reasons()).toEqual([1, 2, 3].map(() => expect.stringMatching(why)))
    expect(host.audit().map(({ event }) => event)).not.toContain('writing')
    expect((await samba.hand.tryBind(dns[who], OLD)).ok).toBe(true)
  })
})

test('more resets in a minute than the agent’s file allows are refused, and then it pauses', async () => {
  expect([await send(reset(refs.ana)), await send(reset(refs.bea))]).toEqual([done, done])
  const before = await Promise.all([dns.ana, dns.bea].map(usnOf))
  const answers: unknown[] = []
  for (const ref of [refs.ana, refs.bea, refs.ana, refs.bea])
    answers.push(await send(reset(ref, 'Nine loud storks fly 9')))
  expect(answers).toEqual(['too_many', 'too_many', 'paused', 'paused'].map(refused))
  expect(await Promise.all([dns.ana, dns.bea].map(usnOf))).toEqual(before)
  expect(reasons()).toEqual(['too_many', 'too_many', 'paused', 'paused'])
  expect((await samba.hand.tryBind(dns.ana, NEW)).ok).toBe(true)
})
