// What breaks around us: the directory, the store, the record, the answer (RL-14, AUD-03, INV-1, INV-2, INV-5, INV-8;
// issue 2: directory down is the same "not now" for everybody, and nobody's proofs are burned).
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { type FaultProxy, startFaultProxy } from '../../rig/fault-proxy.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'
import { configOf } from '../../rig/openldap.ts'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  oldPasswordOf,
  passGates,
  recordNames,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { systemClock } from '../lib/clock.ts'
import { settle } from './settle.ts'

let victims: Victims
let proxy: FaultProxy
let directory: Directory
let world: TestWorld
let portal: RunningPortal
let writes: string[]
const folder = tempFolder('outage')
let files = 0
let file = ''

beforeAll(async () => {
  victims = await startVictims()
  const { slapd } = victims
  proxy = await startFaultProxy({ port: slapd.port, tls: slapd.tls })
  directory = createLdapDirectory(configOf(slapd, `ldaps://127.0.0.1:${proxy.port}`), systemClock)
})
afterAll(async () => {
  await directory.close()
  await proxy.stop()
  await victims.stop()
  folder.remove()
})
beforeEach(async () => {
  await proxy.set({ name: 'pass' })
  writes = []
  files += 1
  file = `${folder.path}/store-${files}.db`
  const setPassword: Directory['setPassword'] = (ref, write, signal) => {
    writes.push(write.password)
    return directory.setPassword(ref, write, signal)
  }
  world = await testWorld([{ ...directory, setPassword }], { file })
  portal = await startPortal(world)
})
afterEach(async () => {
  await proxy.set({ name: 'pass' })
  await portal.stop()
  await world.store.close()
})

/** Alone in a network of its own, so that one test does not slow another. */
async function atPassword(login: string): Promise<HeldReset> {
  await enrol(world, login)
  const reset = await portal.start(login)
  await passGates(world, reset, login)
  return reset
}

const historyOf = async (login: string): Promise<number> =>
  (await victims.slapd.hand.read(personDn(login), ['pwdHistory']))['pwdHistory']?.length ?? 0

describe('a directory that is down', () => {
  it('is the same "not now" for everybody, and burns no budget and no solution', async () => {
    await enrol(world, 'alice')
    const bot_check = await portal.solve()
    await proxy.set({ name: 'refuse' })
    const said: Answer[] = []
    for (const login of ['alice', 'dave', 'zz999', 'alice@example.test'])
      said.push(await portal.ask('/api/v1/resets', { method: 'POST', body: { login, bot_check } }))
    for (const answer of said) {
      expect(answer.status).toBe(503)
      expect(answer.text).toBe(said[0]?.text)
      expect(answer.headers['retry-after']).toBe(said[0]?.headers['retry-after'])
    }
    const browser = portal.browser()
    expect((await browser.get('/')).status).toBe(503)
    expect(browser.page()).toContain('The helpdesk')
    await proxy.set({ name: 'pass' })
    expect(
      (await portal.ask('/api/v1/resets', { method: 'POST', body: { login: 'alice', bot_check } })).status,
    ).toBe(201)
  })

  it('is told within seconds where it takes connections and says nothing', async () => {
    const bot_check = await portal.solve()
    await proxy.set({ name: 'black_hole' })
    const from = performance.now()
    const answer = await portal.ask('/api/v1/resets', { method: 'POST', body: { login: 'alice', bot_check } })
    expect(answer.status).toBe(503)
    expect(performance.now() - from).toBeLessThan(7_000)
  })

  it('costs nobody a proof: the gates stay open, and the same password goes through later', async () => {
    const reset = await atPassword('p01')
    await proxy.set({ name: 'refuse' })
    for (let n = 0; n < 3; n += 1) {
      const answer = await reset.password('a quite new password 1')
      expect([answer.status, answer.told.type]).toEqual([503, 'urn:postern:problem:not-now'])
    }
    expect((await reset.get()).told.state).toBe('password')
    await proxy.set({ name: 'pass' })
    expect((await reset.password('a quite new password 1')).told.state).toBe('done')
    expect(await historyOf('p01')).toBe(1)
  })

  it('does not keep anybody from proving who they are', async () => {
    await enrol(world, 'p02')
    const reset = await portal.start('p02')
    await proxy.set({ name: 'refuse' })
    await reset.choose('recovery_code')
    expect((await reset.answer(CODES[0])).status).toBe(200)
  })
})

describe('an answer that is lost', () => {
  const loseTheWrite = () => proxy.set({ name: 'lose_answer', to: holdsLdap('modify', 'extended') })

  it('is uncertain, then done: one write, one notice, the truth', async () => {
    const reset = await atPassword('p03')
    await loseTheWrite()
    const answer = await reset.password('a quite new password 3')
    expect([answer.status, answer.told.state]).toEqual([200, 'uncertain'])
    for (const again of ['a quite new password 3', 'another password 4711'])
      expect((await reset.password(again)).told.state).toBe('uncertain')
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'password_reset')).toEqual([])
    await settle(world, reset.id())
    expect((await reset.get()).told.state).toBe('done')
    await settle(world, reset.id())
    await delivered(world)
    expect(world.sent.filter(({ message }) => message.kind === 'password_reset')).toHaveLength(2)
    expect(writes).toEqual(['a quite new password 3'])
    expect(await historyOf('p03')).toBe(1)
    expect(await victims.binds('p03', 'a quite new password 3')).toBe(true)
  })

  it('that was a no becomes the password again, with its proofs, when no write can still arrive', async () => {
    const reset = await atPassword('p04')
    await loseTheWrite()
    // Shorter than the directory allows; this world has no rules of its own.
    expect((await reset.password('x')).told.state).toBe('uncertain')
    await settle(world, reset.id())
    expect((await reset.get()).told.state).toBe('uncertain')
    world.clock.advance(61_000)
    await settle(world, reset.id())
    expect((await reset.get()).told.state).toBe('password')
    expect(await victims.binds('p04', oldPasswordOf('p04'))).toBe(true)
    expect((await reset.password('a quite new password 4')).told.state).toBe('done')
    expect(await historyOf('p04')).toBe(1)
  })

  it('stays uncertain while nobody can look, and cannot be cancelled away', async () => {
    const reset = await atPassword('p05')
    await proxy.set({
      name: 'lose_answer',
      to: holdsLdap('modify', 'extended'),
      next: { name: 'refuse' },
    })
    expect((await reset.password('a quite new password 5')).told.state).toBe('uncertain')
    await reset.cancel()
    world.clock.advance(3_600_000)
    await settle(world, reset.id())
    expect((await reset.get()).told.state).toBe('uncertain')
    await proxy.set({ name: 'pass' })
    await settle(world, reset.id())
    expect((await reset.get()).told.state).toBe('done')
  })
})

describe('a store that cannot be written', () => {
  it('checks no proof, sends nothing, writes nothing, and lowers no count', async () => {
    const reset = await atPassword('p06')
    const proving = await portal.start('p06')
    await proving.choose('app_code')
    await proving.answer('000000')
    await delivered(world)
    world.sent.length = 0
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    const right = appCodeNow(world)
    const answers = await Promise.all([
      proving.answer(right),
      proving.choose('email'),
      reset.password('a quite new password 6'),
      portal.start('p06').then(({ started }) => started),
    ])
    other.exec('rollback')
    other.close()
    for (const { status, told } of answers)
      expect([status, told.type]).toEqual([503, 'urn:postern:problem:not-now'])
    await delivered(world)
    expect(world.sent).toEqual([])
    expect(writes).toEqual([])
    expect((await proving.get()).told.challenge?.tries_left).toBe(4)
    // The right answer was not used up.
    expect((await proving.answer(right)).status).toBe(200)
  })

  it('in its record alone stops every action: no proof counts and nothing is written', async () => {
    const reset = await atPassword('p07')
    const proving = await portal.start('p07')
    await proving.choose('recovery_code')
    const other = new DatabaseSync(file)
    other.exec(`create trigger full before insert on audit begin select raise(abort, 'full'); end`)
    const answers = [
      await proving.answer(CODES[1]),
      await reset.password('a quite new password 7'),
      (await portal.start('p07')).started,
    ]
    for (const { status, told } of answers) {
      expect(status).toBeGreaterThanOrEqual(500)
      expect(told.state).toBeUndefined()
    }
    expect(writes).toEqual([])
    other.exec('drop trigger full')
    other.close()
    expect((await proving.get()).told.gates?.passed).toBe(0)
    expect((await proving.answer(CODES[1])).status).toBe(200)
    expect((await reset.password('a quite new password 7')).told.state).toBe('done')
    expect(await recordNames(world)).toContain('reset.written')
  })
})
