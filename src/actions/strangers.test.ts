// Strangers in numbers: they run into every cap, and the owner walks past them (decisions 2.1; RL-01, RL-03, RL-06,
// RL-09, RL-12, RL-16, FLW-14).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  type Held,
  mailedCode,
  privateMailOf,
  recordNames,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import type { Directory } from '../directory.ts'
import { AppError } from '../errors.ts'
import { days, hours, minutes } from '../lib/clock.ts'
import type { MethodName } from '../method.ts'
import type { Reset } from '../reset.ts'
import { cancelReset } from './end.ts'
import type { Ticket } from './load.ts'
import { answerChallenge, chooseMethod } from './prove.ts'
import { startReset } from './start.ts'
import { commitReset } from './write.ts'

let victims: Victims
let world: TestWorld

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: { sourceBudget: 1 } })
})
afterEach(() => world.store.close())

type Begun = { reset: Reset; readonly ticket: Ticket }

async function start(login: string, source: string, known = false): Promise<Begun> {
  const request = {
    login,
    botCheck: await solved(world),
    goal: 'password',
    locale: 'en',
    shared: false,
  } as const
  const { reset, token } = await startReset(world, request, {
    source,
    browser: null,
    provedBefore: () => known,
  })
  return { reset, ticket: { id: reset.id, token } }
}

const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : 'internal')
const said = (work: Promise<unknown>): Promise<string> => work.then(() => 'ok', codeOf)

async function choose(begun: Begun, method: MethodName): Promise<string> {
  const option = begun.reset.options.find(each => each.method === method)?.id ?? ''
  return said(
    chooseMethod(world, begun.ticket, option).then(reset => {
      begun.reset = reset
    }),
  )
}

async function answer(begun: Begun, code: string): Promise<string> {
  return answerChallenge(world, begun.ticket, { kind: 'code', code }).then(({ reset, right }) => {
    begun.reset = reset
    return right ? 'right' : 'wrong'
  }, codeOf)
}

let networks = 0
/** Each call a new network. */
function newSource(): string {
  networks += 1
  return `10.${networks >> 8}.${networks & 255}.1`
}

/** Wrong answers to one method until nothing is judged any more; a new source each time, days if need be. */
async function exhaust(login: string, method: MethodName, known = false): Promise<number> {
  let judged = 0
  for (let idle = 0; idle < 3; ) {
    const begun = await start(login, newSource(), known)
    const before = judged
    if ((await choose(begun, method)) === 'ok')
      for (let n = 0; n < 6; n += 1) {
        await answer(begun, '000000')
        judged = (await failures()).judged
      }
    idle = judged === before ? idle + 1 : 0
    world.clock.advance(hours(2))
  }
  return judged
}

async function failures(): Promise<{ judged: number }> {
  const all = await world.store.read(tx => tx.auditRecords(0, 100_000))
  return {
    judged: all.filter(({ name, reason }) => name === 'reset.answer_failed' && reason === 'wrong').length,
  }
}

describe('wrong answers', () => {
  it('are capped for ever, over codes, resets, sources and days; then the right code is refused too', async () => {
    await enrol(world, 'p01')
    expect(await exhaust('p01', 'app_code')).toBe(30)
    world.clock.advance(days(400))
    const begun = await start('p01', newSource())
    expect(await choose(begun, 'app_code')).toBe('too-many')
    expect(await answer(begun, appCodeNow(world))).toBe('wrong-step')
    expect(await recordNames(world)).toContain('enrollment.rested')
  })

  it('stay below a hundred in a row with those of known browsers', async () => {
    await enrol(world, 'p02')
    const strangers = await exhaust('p02', 'app_code')
    expect(await exhaust('p02', 'app_code', true)).toBe(strangers + 30)
  })

  it('are not forgotten for a new code by mail', async () => {
    await enrol(world, 'p03')
    for (let n = 0; n < 7; n += 1) {
      const begun = await start('p03', newSource())
      await choose(begun, 'email')
      for (let tries = 0; tries < 4; tries += 1) expect(await answer(begun, '000000')).toBe('wrong')
      world.clock.advance(hours(3))
    }
    const begun = await start('p03', newSource())
    expect(await choose(begun, 'email')).toBe('ok')
    const right = await mailedCode(world, privateMailOf('p03'))
    for (let tries = 0; tries < 2; tries += 1) await answer(begun, '000000')
    expect(await answer(begun, right)).toBe('wrong')
  })

  it('of one method are not forgiven by the success of another', async () => {
    await enrol(world, 'p04')
    for (let n = 0; n < 4; n += 1) {
      const begun = await start('p04', newSource())
      await choose(begun, 'email')
      for (let tries = 0; tries < 5; tries += 1) await answer(begun, '000000')
      world.clock.advance(hours(2))
    }
    const begun = await start('p04', newSource())
    await choose(begun, 'app_code')
    expect(await answer(begun, appCodeNow(world))).toBe('right')
    const { enrollment } = begun.reset.options.find(({ method }) => method === 'email') ?? {}
    const counter = await world.store.read(tx => tx.limits.get(`failures:${enrollment}:strangers`))
    expect(counter?.value).toBe(20)
  })

  it('make the next challenge wait longer each time, up to an hour', async () => {
    await enrol(world, 'p05')
    const waits: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const begun = await start('p05', newSource())
      await choose(begun, 'app_code')
      for (let n = 0; n < 5; n += 1) await answer(begun, '000000')
      const again = await start('p05', newSource())
      const option = again.reset.options.find(({ method }) => method === 'app_code')?.id ?? ''
      const error = await chooseMethod(world, again.ticket, option).catch((reason: unknown) => reason)
      const wait = (error instanceof AppError && error.retryAfterSeconds) || 0
      waits.push(wait)
      world.clock.advance(wait * 1000 - 1)
      expect(await choose(again, 'app_code')).toBe('too-many')
      world.clock.advance(1)
      expect(await choose(again, 'app_code')).toBe('ok')
    }
    expect(waits).toEqual([30, 60, 120, 240, 480])
  })
})

describe('budgets', () => {
  it('ten spellings of one login share one', async () => {
    const spellings = [
      'alice',
      'ALICE',
      ' alice ',
      'alice@example.test',
      'Alice@EXAMPLE.test',
      'ａｌｉｃｅ',
      'alicé',
      'aLiCe',
      'alice@example.test ',
      'ALICE@example.test',
    ]
    for (const login of spellings) expect(await said(start(login, newSource()))).toBe('ok')
    for (const login of spellings) expect(await said(start(login, newSource()))).toBe('too-many')
    const unknown = spellings.map(login => login.replace(/\S/u, 'z'))
    for (const login of unknown) expect(await said(start(login, newSource()))).toBe('ok')
    expect(await said(start('zlice', newSource()))).toBe('too-many')
  })

  it('of a source and of a name both count', async () => {
    const source = newSource()
    const byName: string[] = []
    for (let n = 0; n < 70; n += 1) byName.push(await said(start(`name${n}`, source)))
    expect(byName.filter(each => each === 'ok')).toHaveLength(60)
    const bySource: string[] = []
    for (let n = 0; n < 20; n += 1) bySource.push(await said(start('one-name', newSource())))
    expect(bySource.filter(each => each === 'ok')).toHaveLength(10)
  })

  it('that are spent keep a source from the directory, however often it shows its solved check', async () => {
    let asked = 0
    const find: Directory['find'] = (...call) => {
      asked += 1
      return victims.directory.find(...call)
    }
    const counted = await testWorld([{ ...victims.directory, find }], { settings: { sourceBudget: 1 } })
    const botCheck = await solved(counted)
    const request = { login: 'alice', botCheck, goal: 'password', locale: 'en', shared: false } as const
    const caller = { source: '192.0.2.1', browser: null, provedBefore: () => false }
    for (let n = 0; n < 100; n += 1) await said(startReset(counted, request, caller))
    expect(asked).toBeLessThanOrEqual(60)
    await counted.store.close()
  })
})

describe('the owner', () => {
  const finish = async (begun: Begun, login: string, methods: readonly Held[], password: string) => {
    for (const method of methods) {
      expect([method, await choose(begun, method)]).toEqual([method, 'ok'])
      const code = {
        app_code: async () => appCodeNow(world),
        email: () => mailedCode(world, privateMailOf(login)),
        recovery_code: async () => CODES[0],
      }[method]
      expect([method, await answer(begun, await code())]).toEqual([method, 'right'])
    }
    expect((await commitReset(world, begun.ticket, password)).said).toBe('done')
    expect(await victims.binds(login, password)).toBe(true)
  }

  it('gets through after 10,000 wrong answers and 1,000 requests for codes by strangers', async () => {
    await enrol(world, 'p06')
    const signIn = ['pwdFailureTime', 'pwdAccountLockedTime', 'pwdChangedTime', 'entryCSN']
    const before = await victims.slapd.hand.read(personDn('p06'), signIn)
    let requests = 0
    let answers = 0
    while (requests < 1_000 || answers < 10_000) {
      const begun = await start('p06', newSource()).catch(() => null)
      if (!begun) world.clock.advance(minutes(20))
      else
        for (let n = 0; n < 20; n += 1) {
          await choose(begun, 'email')
          requests += 1
          for (let tries = 0; tries < 10; tries += 1) expect(await answer(begun, '000000')).not.toBe('right')
          answers += 10
        }
    }
    // Nothing of it reached the directory: sign-in was never in danger (RL-08).
    expect(await victims.slapd.hand.read(personDn('p06'), signIn)).toEqual(before)
    await finish(await start('p06', newSource(), true), 'p06', ['app_code', 'email'], 'the owner was here 1')
  })

  it('gets through from an unknown browser too, by what was not attacked', async () => {
    await enrol(world, 'p07')
    await exhaust('p07', 'email')
    const begun = await start('p07', newSource())
    expect(await choose(begun, 'email')).toBe('too-many')
    await finish(begun, 'p07', ['recovery_code', 'app_code'], 'the owner was here 2')
    // Having passed, the owner has woken what the strangers put to rest.
    expect(await recordNames(world)).toContain('enrollment.enabled')
  })

  it('keeps a running reset whatever others start, ask for or give up', async () => {
    await enrol(world, 'p08')
    const own = await start('p08', '192.0.2.8')
    expect(await choose(own, 'email')).toBe('ok')
    const code = await mailedCode(world, privateMailOf('p08'))
    for (let n = 0; n < 100; n += 1) {
      const other = await start('p08', newSource()).catch(() => null)
      if (!other) continue
      await choose(other, 'email')
      await choose(other, 'app_code')
      await answer(other, '000000')
      await cancelReset(world, other.ticket)
    }
    await delivered(world)
    expect(await answer(own, code)).toBe('right')
  })
})
