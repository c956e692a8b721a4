// A directory that dies, freezes, crawls or loses its answer, at every moment of a reset (INV-1, INV-2, INV-7 to INV-9):
// over HTTP, against a real OpenLDAP and a real Samba DC.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../../rig/clock.ts'
import { recordedWrites } from '../../rig/faulty.ts'
import { type Breakable, breakableOpenLdap, breakableSamba } from '../../rig/faulty-directory.ts'
import { holdsLdap } from '../../rig/ldap-wire.ts'
import { type Answer, type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { appCodeNow, CODES, enrol } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { GUARD_LIMITS, guarded } from '../directories/guarded.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { pause, seconds, systemClock } from '../lib/clock.ts'
import { settleDue } from './settle.ts'

/** How long servers are frozen (decisions 7.11). */
const FREEZE_MS = seconds(6)
/** What a person may wait for an answer: 30 s for the password, 5 s otherwise (INV-7); and what a busy test adds. */
const WRITE_LIMIT_MS = seconds(31)
const LIMIT_MS = seconds(7)
const MENDS_MS = seconds(60)
/** Rests are short here, so that nobody waits for them. */
const LIMITS = { ...GUARD_LIMITS, restMs: seconds(2), healthMs: 500 }

const OLD = 'Quiet-harbour old 1'
const LOGINS = Array.from({ length: 12 }, (_, index) => `p${String(index + 1).padStart(2, '0')}`)

describe.each([
  ['OpenLDAP', breakableOpenLdap],
  ['Samba', breakableSamba],
] as const)('%s', (_name, make) => {
  let server: Breakable
  let directory: Directory
  let writes: readonly { readonly password: string }[]
  let world: TestWorld
  let portal: RunningPortal
  /** What happens the moment a write is handed to the directory. */
  let onWrite: () => void
  const people = [...LOGINS]

  beforeAll(async () => {
    server = await make(LOGINS, OLD)
  })
  afterAll(() => server.stop())
  beforeEach(() => open(server.url))
  afterEach(close)

  async function open(host: string): Promise<void> {
    onWrite = () => undefined
    directory = createLdapDirectory(server.config(host), systemClock)
    const recorded = recordedWrites(whenWriting(directory, () => onWrite()))
    writes = recorded.writes
    world = await testWorld([guarded(recorded.directory, systemClock, LIMITS)], {
      clock: fakeClock(systemClock.now()),
    })
    portal = await startPortal(world)
  }
  async function close(): Promise<void> {
    await server.proxy.set({ name: 'pass' })
    await portal.stop()
    await directory.close()
    await world.store.close()
  }

  async function atPassword(): Promise<{ reset: HeldReset; login: string; password: string }> {
    const login = people.pop()
    if (login === undefined) throw new Error('there are more tests than people')
    await enrol(world, login, ['app_code', 'recovery_code'])
    const reset = await portal.start(login)
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    await reset.choose('recovery_code')
    await reset.answer(CODES[0])
    expect(reset.told().state).toBe('password')
    // The next code of the app is another one.
    world.clock.advance(seconds(31))
    return { reset, login, password: `A quite new Password of ${login}` }
  }

  /** An answer to the password that is so, whatever happened (INV-1). */
  async function expectHonest(answer: Answer, login: string, password: string): Promise<void> {
    const isNew = await server.binds(login, password)
    expect(await server.binds(login, OLD)).toBe(!isNew)
    if (answer.status === 503) expect(isNew).toBe(false)
    else
      expect([200, ['done', 'uncertain', 'writing'].includes(answer.told.state ?? '')]).toEqual([
        answer.status,
        true,
      ])
    if (answer.told.state === 'done') expect(isNew).toBe(true)
  }

  /** Nobody does anything but the person, who asks again, and housekeeping (INV-9). */
  async function expectDoneInTheEnd(reset: HeldReset, login: string, password: string): Promise<void> {
    const from = performance.now()
    let told = (await reset.get()).told
    while (told.state !== 'done' && performance.now() - from < MENDS_MS) {
      world.clock.advance(seconds(5))
      await settleDue(world)
      told = (await reset.get()).told
      if (told.state === 'password') told = (await reset.password(password)).told
      await pause(200)
    }
    expect(told.state).toBe('done')
    expect(writes.map(write => write.password)).toEqual([password])
    expect([await server.binds(login, password), await server.binds(login, OLD)]).toEqual([true, false])
  }

  it('that was killed is the same "not now" for everybody, burns no proof, and works again by itself', async () => {
    const { reset, login, password } = await atPassword()
    const bot_check = await portal.solve()
    server.signal('SIGKILL')
    const starts: Answer[] = []
    for (const who of [login, 'zz999', LOGINS[0]]) {
      const body = { login: who, bot_check }
      starts.push(await timed(LIMIT_MS, () => portal.ask('/api/v1/resets', { method: 'POST', body })))
    }
    const refused = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    expect([...starts, refused].map(({ status, text }) => [status, text])).toEqual(
      [...starts, refused].map(() => [503, starts[0]?.text]),
    )
    await server.restart()
    await expectHonest(refused, login, password)
    await expectDoneInTheEnd(reset, login, password)
    const again = await portal.ask('/api/v1/resets', { method: 'POST', body: { login, bot_check } })
    expect(again.status).toBe(201)
  })

  it('that is frozen before the write answers in time and with the truth', async () => {
    const { reset, login, password } = await atPassword()
    server.signal('SIGSTOP')
    const thawed = pause(FREEZE_MS).then(() => server.signal('SIGCONT'))
    const answer = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    await thawed
    await expectHonest(answer, login, password)
    await expectDoneInTheEnd(reset, login, password)
  })

  it('that freezes in the middle of the write answers in time and with the truth', async () => {
    const { reset, login, password } = await atPassword()
    let thawed = Promise.resolve()
    onWrite = () => {
      server.signal('SIGSTOP')
      thawed = pause(FREEZE_MS).then(() => server.signal('SIGCONT'))
    }
    const answer = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    await thawed
    await expectHonest(answer, login, password)
    await expectDoneInTheEnd(reset, login, password)
  })

  it.each([0, 1, 2, 5, 15, 40])('that is killed %i ms after the write began tells no lie', async ms => {
    const { reset, login, password } = await atPassword()
    let kill: NodeJS.Timeout | undefined
    onWrite = () => {
      kill = setTimeout(() => server.signal('SIGKILL'), ms)
    }
    const answer = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    // The answer may be there first; the one that is started again must live.
    clearTimeout(kill)
    server.signal('SIGKILL')
    await server.restart()
    await expectHonest(answer, login, password)
    onWrite = () => undefined
    await expectDoneInTheEnd(reset, login, password)
  })

  it('that is slow is waited for', async () => {
    await close()
    await open(`ldaps://127.0.0.1:${server.proxy.port}`)
    await server.proxy.set({ name: 'delay', ms: 150 })
    const { reset, login, password } = await atPassword()
    const answer = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    expect(answer.told.state).toBe('done')
    await server.proxy.set({ name: 'pass' })
    await expectHonest(answer, login, password)
  })

  it('whose answer is lost is asked what became of it, and never written again', async () => {
    await close()
    await open(`ldaps://127.0.0.1:${server.proxy.port}`)
    const { reset, login, password } = await atPassword()
    let count = 0
    onWrite = () => {
      count += 1
    }
    await server.proxy.set({ name: 'lose_answer', to: holdsLdap('modify', 'extended') })
    const answer = await timed(WRITE_LIMIT_MS, () => reset.password(password))
    expect([answer.told.state, server.proxy.lost]).toEqual(['uncertain', 1])
    expect((await reset.password('Another Passw0rd entirely')).told.state).toBe('uncertain')
    await settleDue(world)
    world.clock.advance(seconds(3))
    await settleDue(world)
    expect([(await reset.get()).told.state, count]).toEqual(['done', 1])
    expect([await server.binds(login, password), await server.binds(login, OLD)]).toEqual([true, false])
  })
})

async function timed<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  const from = performance.now()
  const result = await work()
  expect(performance.now() - from).toBeLessThan(limitMs)
  return result
}

function whenWriting(directory: Directory, happen: () => void): Directory {
  const setPassword: Directory['setPassword'] = (ref, write, signal) => {
    const writing = directory.setPassword(ref, write, signal)
    happen()
    return writing
  }
  return new Proxy(directory, {
    get: (target, key) => (key === 'setPassword' ? setPassword : Reflect.get(target, key)),
  })
}
