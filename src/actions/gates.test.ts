// Two gates are two methods on two channels, one mail goes to one stored address, and no count is lost with a process
// (FLW-03, FLW-04, EML-01, RL-10, RL-11, TOK-03, TOK-16, AUD-01, AUD-05).
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import { configOf } from '../../rig/openldap.ts'
import { type HeldReset, type RunningPortal, startPortal } from '../../rig/portal.ts'
import { groupDn, personDn } from '../../rig/slapd.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  mailedCode,
  oldPasswordOf,
  passGates,
  privateMailOf,
  records,
  SEED,
  SELECTED,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { createLdapDirectory } from '../directories/ldap.ts'
import { hours, seconds, systemClock } from '../lib/clock.ts'
import { importLine } from './enroll.ts'

let victims: Victims
const folder = tempFolder('gates')

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(async () => {
  await victims.stop()
  folder.remove()
})

async function within(
  options: Parameters<typeof testWorld>[1],
  work: (world: TestWorld, portal: RunningPortal) => Promise<void>,
): Promise<void> {
  const world = await testWorld([victims.directory], options)
  const portal = await startPortal(world)
  try {
    await work(world, portal)
  } finally {
    await portal.stop()
    await world.store.close()
  }
}

const register = (world: TestWorld, login: string, fields: object): Promise<unknown> =>
  importLine(world, JSON.stringify({ login, ...fields }), false)

const isStuck = async (portal: RunningPortal, world: TestWorld, login: string): Promise<boolean> => {
  const reset: HeldReset = await portal.start(login)
  await reset.choose('app_code')
  await reset.answer(appCodeNow(world))
  await reset.choose('email')
  await reset.answer(await mailedCode(world, privateMailOf(login)))
  return (await reset.password('a quite new sentence 1')).status === 409 && reset.told().gates?.passed === 0
}

describe('two gates', () => {
  it('are never one mailbox twice, one app twice, or one method', () =>
    within({}, async (world, portal) => {
      for (const address of ['p01@private.example', 'P01@private.example', 'second@private.example'])
        await register(world, 'p01', { method: 'email', address })
      await enrol(world, 'bob', ['app_code'])
      for (const login of ['p01', 'bob']) expect(await isStuck(portal, world, login)).toBe(true)
    }))

  it('offer after the first what is another method on another channel', () =>
    within({}, async (world, portal) => {
      await enrol(world, 'p02')
      world.clock.advance(hours(1))
      await register(world, 'p02', { method: 'email', address: 'second@private.example' })
      const reset = await portal.start('p02')
      await reset.choose('email')
      // Of two mailboxes the one that was registered last is the one that is read.
      await reset.answer(await mailedCode(world, 'second@private.example'))
      expect(reset.told().methods?.map(({ name }) => name)).toEqual(['app_code', 'recovery_code'])
    }))
})

describe('an address that only the directory names', () => {
  const MAPPED = 'mapped@private.example'
  const mapped = async (work: (world: TestWorld, portal: RunningPortal) => Promise<void>): Promise<void> => {
    const { slapd } = victims
    const config = { ...configOf(slapd, slapd.url), attributes: { recoveryEmail: ['description'] } }
    const directory = createLdapDirectory(config, systemClock)
    for (const login of ['adam', 'p06', 'p07'])
      await slapd.hand.replace(personDn(login), { description: MAPPED })
    const world = await testWorld([directory], { settings: SELECTED })
    const portal = await startPortal(world)
    await work(world, portal)
    await portal.stop()
    await world.store.close()
    await directory.close()
  }
  /** By the app, then by the mapped mailbox. */
  const byBoth = async (world: TestWorld, portal: RunningPortal, login: string): Promise<HeldReset> => {
    await register(world, login, { method: 'app_code', secret: SEED })
    world.sent.length = 0
    const reset = await portal.start(login)
    await reset.choose('app_code')
    await reset.answer(appCodeNow(world))
    await reset.choose('email')
    await reset.answer(await mailedCode(world, MAPPED))
    return reset
  }

  it('is a gate for others and none for an administrator', () =>
    mapped(async (world, portal) => {
      expect((await byBoth(world, portal, 'p06')).told().state).toBe('password')
      const refused = await byBoth(world, portal, 'adam')
      expect(refused.told().gates?.passed).toBe(0)
      expect(world.sent.filter(({ message }) => message.kind === 'code')).toEqual([])
      expect((await refused.password('a quite new sentence 2')).status).toBe(409)
    }))

  it('opens nothing for somebody who became an administrator after it was proved', () =>
    mapped(async (world, portal) => {
      const reset = await byBoth(world, portal, 'p07')
      expect(reset.told().state).toBe('password')
      await victims.slapd.hand.append(groupDn('admins'), { member: personDn('p07') })
      expect((await reset.password('a quite new sentence 3')).told.state).toBe('failed')
      expect(await victims.binds('p07', oldPasswordOf('p07'))).toBe(true)
    }))
})

describe('a code by mail', () => {
  it('goes to one stored address, once in its gap, and says whose reset it is', () =>
    within({}, async (world, portal) => {
      await enrol(world, 'p03')
      const reset = await portal.start(' P03@Example.Test ')
      for (let n = 0; n < 10; n += 1) expect((await reset.choose('email')).status).toBe(201)
      await delivered(world)
      expect(world.sent.map(({ address }) => address.to)).toEqual([privateMailOf('p03')])
      expect(world.sent[0]?.message).toMatchObject({ kind: 'code', reference: reset.told().reference })
      const gaps: number[] = []
      const from = world.clock.now()
      while (world.sent.length < 5) {
        world.clock.advance(seconds(1))
        const again = await portal.start('p03', {}, `10.2.${gaps.length}.1`)
        const before = world.sent.length
        const answer = await again.choose('email')
        await delivered(world)
        if (answer.status === 429) {
          expect(answer.headers['content-type']).toContain('application/problem+json')
          expect(Object.keys(answer.told)).toEqual(['type', 'title', 'status'])
          world.clock.advance(seconds(Number(answer.headers['retry-after'])) - seconds(1))
        }
        if (world.sent.length > before) gaps.push((world.clock.now() - from) / 1_000)
      }
      // 30, 60, 120 and 240 s after one another.
      expect(gaps).toEqual([30, 90, 210, 450])
    }))
})

it('a restart forgets no wrong answer, no spent code and no budget', async () => {
  const file = `${folder.path}/store.db`
  const clock = fakeClock()
  await within({ file, clock }, async (world, portal) => {
    await enrol(world, 'p04')
    const used = await portal.start('p04')
    await used.choose('recovery_code')
    expect((await used.answer(CODES[0])).status).toBe(200)
    const reset = await portal.start('p04')
    await reset.choose('app_code')
    for (let n = 0; n < 4; n += 1) await reset.answer('000000')
    for (let n = 0; n < 8; n += 1) await portal.start('p04', {}, `10.3.${n}.1`)
  })
  await within({ file, clock }, async (_world, portal) => {
    expect((await portal.start('p04', {}, '10.4.0.1')).started.status).toBe(429)
  })
  clock.advance(hours(1))
  await within({ file, clock }, async (world, portal) => {
    const reset = await portal.start('p04')
    await reset.choose('app_code')
    await reset.answer('000000')
    const again = await portal.start('p04', {}, '10.4.0.2')
    expect((await again.choose('app_code')).status).toBe(429)
    await again.choose('recovery_code')
    expect((await again.answer(CODES[0])).status).toBe(422)
    expect((await again.answer(CODES[1])).status).toBe(200)
    expect((await records(world)).length).toBeGreaterThan(20)
  })
})

it('a whole reset is on record with who, what, from where and how it went, and no secret is in the file', async () => {
  const file = `${folder.path}/secrets.db`
  await within({ file }, async (world, portal) => {
    await enrol(world, 'p05')
    const reset = await portal.start('p05')
    await passGates(world, reset, 'p05')
    await reset.password('canary password 4711')
    await delivered(world)
    const all = await records(world)
    const mine = all.filter(record => record.reset === reset.id())
    expect(mine.map(({ name }) => name)).toEqual([
      'reset.started',
      'reset.challenge_begun',
      'reset.answer_passed',
      'reset.challenge_begun',
      'reset.answer_passed',
      'reset.gates_passed',
      'reset.writing',
      'reset.written',
    ])
    for (const record of mine) {
      expect(record).toMatchObject({ actor: 'person', result: 'ok', reference: reset.told().reference })
      expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      expect(record.person).toMatchObject({ login: 'p05', source: '127.0.0.1' })
    }
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => a - b))
    const codes = world.sent.flatMap(({ message }) => (message.kind === 'code' ? [message.code] : []))
    const bytes = ['', '-wal'].map(end => readFileSync(file + end).toString('latin1')).join('')
    for (const secret of [
      'canary password 4711',
      'JBSWY3DPEHPK3PXP',
      privateMailOf('p05'),
      reset.token(),
      CODES[0],
    ])
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64'),
        Buffer.from(secret).toString('hex'),
      ])
        expect(bytes).not.toContain(form)
    expect(codes.length).toBe(1)
    expect(JSON.stringify(all)).not.toContain(`"${codes[0]}"`)
  })
})
