// Where a network is told reasons, it gets the published support codes; everywhere else nobody does (decisions 1.2).
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { enrol, realRules, SELECTED, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import type { Directory } from '../directory.ts'
import type { NamedNetwork, Settings } from '../settings.ts'

const INSIDE = '198.51.100.9'
const OUTSIDE = '203.0.113.9'

const OFFICE: NamedNetwork = {
  name: 'office',
  cidrs: ['198.51.100.0/24'],
  sourceBudget: 1,
  disclosure: 'helpful',
  sharedComputers: false,
}

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())
afterEach(async () => {
  await portal.stop()
  await world.store.close()
})

async function open(settings: Partial<Settings>, directory: Directory = victims.directory): Promise<void> {
  world = await testWorld([directory], {
    settings: { ...SELECTED, networks: [OFFICE], ...settings },
    passwordRules: realRules,
  })
  portal = await startPortal(world)
}

const failedOf = async (login: string, source: string) =>
  (await portal.start(login, {}, source)).told().failed

describe('a start from a helpful network', () => {
  beforeEach(async () => {
    await open({})
    for (const login of ['alice', 'olga']) await enrol(world, login)
    await enrol(world, 'bob', ['app_code'])
  })

  it.each([
    ['olga', 'SSPR_0013'],
    ['bob', 'SSPR_0014'],
    ['carol', 'SSPR_0014'],
  ])('tells why %s cannot reset', async (login, code) => {
    expect(await failedOf(login, INSIDE)).toEqual({ why: 'not_eligible', support_code: code })
  })

  it('has no code for a login that nobody owns', async () => {
    expect(await failedOf('zz999', INSIDE)).toEqual({ why: 'not_eligible' })
  })

  it('shows what is truly registered', async () => {
    const reset = await portal.start('alice', {}, INSIDE)
    expect(reset.told().methods?.find(({ name }) => name === 'email')?.hint).toBe('a…@…')
  })

  it('tells a stranger from elsewhere nothing of it', async () => {
    for (const login of ['olga', 'bob', 'zz999']) expect(await failedOf(login, OUTSIDE)).toBeUndefined()
    expect(
      (await portal.start('alice', {}, OUTSIDE)).told().methods?.every(({ hint }) => hint === null),
    ).toBe(true)
  })
})

describe('the first page', () => {
  const codeOn = async (source: string): Promise<string | null> =>
    /SSPR_\d{4}/.exec((await portal.ask('/', { source, headers: { accept: 'text/html' } })).text)?.[0] ?? null
  const DOWN = { reachable: false, writable: false, warnings: [] }

  it('is open without a code', async () => {
    await open({})
    expect(await codeOn(INSIDE)).toBeNull()
  })

  it('says that reset is off, and its code where reasons are told', async () => {
    await open({ scope: { kind: 'none', groups: [] } })
    expect([await codeOn(INSIDE), await codeOn(OUTSIDE)]).toEqual(['SSPR_0009', null])
  })

  it('says not now where resets are switched off beside the directory', async () => {
    const health = { ...DOWN, reachable: true, writable: true }
    const can = { ...victims.directory.can, reset: false }
    await open({}, { ...victims.directory, can, check: async () => health })
    expect([await codeOn(INSIDE), await codeOn(OUTSIDE)]).toEqual(['SSPR_0010', null])
  })

  it.each([
    ['out of reach', DOWN, 'SSPR_0030'],
    ['not to be written', { ...DOWN, reachable: true }, 'SSPR_0029'],
  ])('says not now where the directory is %s', async (_what, health, code) => {
    await open({}, { ...victims.directory, check: async () => health })
    expect([await codeOn(INSIDE), await codeOn(OUTSIDE)]).toEqual([code, null])
    expect((await portal.ask('/', { source: OUTSIDE })).status).toBe(503)
  })
})
