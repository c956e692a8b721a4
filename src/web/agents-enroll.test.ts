import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AgentSite, DIRECT, openAgentSite } from '../../rig/agent-site.ts'
import { confirmAgent, inviteAgent, listAgents, revokeAgent } from '../actions/agents.ts'
import { enrollHere } from '../agent/enroll.ts'
import { enrolmentRequestMac, inviteOf } from '../agent-keys.ts'
import { minutes } from '../lib/clock.ts'
import { fingerprintOf, newSecretHalves, ownKeys } from '../lib/key-pair.ts'

let site: AgentSite
beforeEach(async () => {
  site = await openAgentSite()
})
afterEach(() => site.stop())

const invite = async (name = 'one'): Promise<string> =>
  (await inviteAgent(site.world, { directory: 'people', name })).code
const enrol = (code: string, name = 'one') =>
  enrollHere({ server: site.origin, name, code, transport: DIRECT, clock: site.world.clock })
const names = async () => (await site.world.store.read(tx => tx.agents.list())).map(({ name }) => name)

const post = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fetch(`${site.origin}/agent/v1/enrollments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.status, text: await answer.text() }
}
const request = (code: string, name = 'one') => {
  const invite = inviteOf(code) ?? { id: '', key: '' }
  const { public: agent } = ownKeys(newSecretHalves())
  const mac = enrolmentRequestMac(invite.key, { name, agent })
  return { v: 1, invitation: invite.id, name, keys: agent, mac }
}

it('makes whoever has the code an agent that waits, and both know the same keys', async () => {
  const code = await invite()
  const identity = await enrol(code)
  const [agent] = await listAgents(site.world)
  expect(agent).toMatchObject({ id: identity.agent, name: 'one', directory: 'people' })
  expect(agent?.state).toBe('waiting_for_confirmation')
  const own = ownKeys(identity.own[0] ?? { sign: '', seal: '' }).public
  expect(agent?.fingerprint).toBe(fingerprintOf(own))
  await site.look()
  expect(identity.server).toEqual([site.book.newest()?.keys])
  expect(JSON.stringify(await site.world.store.read(tx => tx.auditRecords(0, 9)))).not.toContain(code)
})

it('answers a used, late, foreign and wrong code with the very same words (AGT-02)', async () => {
  const [used, late, foreign] = [await invite('used'), await invite('late'), await invite('two')]
  await enrol(used, 'used')
  const other = newSecretHalves()
  const swapped = { ...request(foreign, 'two'), keys: ownKeys(other).public }
  const answers = [
    await post(request(used, 'used')),
    await post(request(foreign, 'one')),
    await post(swapped),
    await post({ ...request(foreign, 'two'), v: 2 }),
    await post(request('AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A')),
    await post({ ...request(foreign, 'two'), more: 1 }),
  ]
  site.world.clock.advance(minutes(10))
  answers.push(await post(request(late, 'late')))
  expect(new Set(answers.map(each => JSON.stringify(each))).size).toBe(1)
  expect(answers[0]).toMatchObject({ status: 400 })
  expect(await names()).toEqual(['used'])
  const records = await site.world.store.read(tx => tx.auditRecords(0, 99))
  expect(records.filter(({ name }) => name === 'agent.enroll_refused').length).toBeGreaterThan(4)
})

it('lets one of many in parallel have a code', async () => {
  const code = await invite()
  const tried = await Promise.allSettled(Array.from({ length: 6 }, () => enrol(code)))
  expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await names()).toEqual(['one'])
})

it('wants no more than ten tries in ten minutes of a source', async () => {
  const statuses: number[] = []
  for (let at = 0; at < 12; at += 1) statuses.push((await post(request('A'.repeat(26)))).status)
  expect(statuses).toEqual([...Array(10).fill(400), 429, 429])
  const code = await invite()
  await expect(enrol(code)).rejects.toThrow('no more tries')
  site.world.clock.advance(minutes(10))
  await expect(enrol(await invite('later'), 'later')).resolves.toMatchObject({ name: 'later' })
})

it('takes nothing from browsers, in forms, or at length', async () => {
  const body = request(await invite())
  expect((await post(body, { origin: site.origin })).status).toBe(400)
  expect((await post(body, { 'sec-fetch-site': 'same-origin' })).status).toBe(400)
  expect((await post(body, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
  expect((await post({ ...body, mac: 'x'.repeat(5_000) })).status).toBe(413)
  expect((await post('{"v":1,"v":1}')).status).toBe(400)
  expect(await names()).toEqual([])
})

it('gives an agent calls only after its fingerprint was confirmed, whatever it does', async () => {
  const identity = await site.enrol('one', false)
  const { agent } = identity.get()
  const link = site.link(identity)
  await expect.poll(() => link.isUp()).toBe(true)
  expect(site.relay.ready('people')).toEqual([])
  const call = () => site.relay.ask(agent, Buffer.from('x'), AbortSignal.timeout(5_000))
  await expect(call()).rejects.toMatchObject({ sent: false })
  const other = fingerprintOf(ownKeys(newSecretHalves()).public)
  await expect(confirmAgent(site.world, 'one', other)).rejects.toThrow('not the fingerprint')
  const own = fingerprintOf(ownKeys(identity.get().own[0] ?? { sign: '', seal: '' }).public)
  await confirmAgent(site.world, 'one', own.toLowerCase().replaceAll('-', ' '))
  await site.look()
  expect(site.relay.ready('people')).toEqual([agent])
  expect(Buffer.from(await call()).toString()).toBe('x')
  await expect(confirmAgent(site.world, 'one', own)).rejects.toThrow('already')
})

it('invites under free names and for known directories alone; a new code voids the old one', async () => {
  const invited = (directory: string, name: string) => inviteAgent(site.world, { directory, name })
  await expect(invited('nowhere', 'one')).rejects.toThrow('no directory')
  for (const name of ['', 'One', 'a b', '-a', 'a'.repeat(64), '../x'])
    await expect(invited('people', name), name).rejects.toThrow('A name has')
  const [first, second] = [await invite(), await invite()]
  await expect(enrol(first)).rejects.toThrow('does not take the code')
  await enrol(second)
  await expect(invite()).rejects.toThrow('revoke it first')
  await revokeAgent(site.world, 'one')
  await enrol(await invite())
  expect((await listAgents(site.world)).map(({ state }) => state)).toEqual([
    'waiting_for_confirmation',
    'revoked',
  ])
})
