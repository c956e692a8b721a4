// A campaign from its start to its end, with people of a real slapd; the walk is driven round by round.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { personDn } from '../../rig/slapd.ts'
import { delivered, enrol, recordNames, SELECTED, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'
import { days, minutes } from '../lib/clock.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { campaignStatus, leftOf, moveCampaign, startCampaign } from './campaign.ts'
import { createCampaignWalk } from './campaign-walk.ts'

const registration = { ...DEFAULT_SETTINGS.registration, campaignMailsPerMinute: 600 }

let victims: Victims
let world: TestWorld
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(async () => {
  await world.store.close()
  await victims.stop()
})
beforeEach(async () => {
  await world?.store.close()
  world = await testWorld([victims.directory], { settings: { ...SELECTED, registration } })
})

/** Rounds of one process until it waits; says how many. */
async function walk(walk = createCampaignWalk(world, 'here')): Promise<number> {
  for (let rounds = 1; ; rounds += 1) if ((await walk()) === 'waits') return rounds
}
const invited = async (): Promise<string[]> => {
  await delivered(world)
  return world.sent.flatMap(({ message, address }) =>
    message.kind === 'set_up' ? [`${address.to.split('@')[0]}${message.isReminder ? ' again' : ''}`] : [],
  )
}
const left = async (): Promise<string[]> => {
  const logins: string[] = []
  for await (const { login } of leftOf(world)) logins.push(login)
  return logins.sort()
}
const state = async () => (await campaignStatus(world))?.campaign.state
const limited = (campaignMailsPerMinute: number) =>
  world.store.transact(async tx => {
    const stored = await tx.settings.current()
    const document = {
      ...(stored?.document as object), // as: what testWorld stored
      registration: { ...registration, campaignMailsPerMinute },
    }
    await tx.settings.save(stored?.version ?? 0, document, world.clock.now())
  })

it('writes once to everybody who lacks methods, and to nobody whom Postern never writes', async () => {
  await enrol(world, 'p01', ['app_code', 'email'])
  await enrol(world, 'p02', ['app_code'])
  await startCampaign(world, null)
  await walk()
  const mailed = await invited()
  expect(mailed).toEqual(expect.arrayContaining(['p02', 'p03', 'alice', 'adam']))
  for (const nobody of ['p01', 'pat', 'olga', 'fay', 'dave']) expect(mailed).not.toContain(nobody)
  // dup1 and dup2 are two accounts behind one mailbox.
  expect(new Set(mailed).size).toBe(mailed.length - 1)
  expect(await state()).toBe('done')
  expect((await campaignStatus(world))?.counts.mailed).toBe(mailed.length)
  await walk()
  expect(await invited()).toEqual(mailed)
  const names = await recordNames(world)
  expect(names.filter(name => name === 'account.invited')).toHaveLength(mailed.length)
  expect(names).toEqual(expect.arrayContaining(['campaign.started', 'campaign.ended']))
})

it('tells nothing of anybody: the same mail for everybody, in the language of their account', async () => {
  await victims.slapd.hand.replace(personDn('p05'), { preferredLanguage: 'de' })
  await enrol(world, 'p02', ['app_code'])
  await startCampaign(world, null)
  await walk()
  await delivered(world)
  const told = world.sent.flatMap(({ message }) => (message.kind === 'set_up' ? [message] : []))
  for (const message of told)
    expect(message).toEqual({ kind: 'set_up', displayName: expect.any(String), isReminder: false })
  const german = world.sent.filter(({ address }) => address.locale === 'de')
  expect(german.map(({ address }) => address.to)).toEqual(['p05@example.test'])
})

it('never sends more a minute than the policy says, and goes on where it was', async () => {
  await limited(5)
  await startCampaign(world, null)
  const here = createCampaignWalk(world, 'here')
  await walk(here)
  expect(await invited()).toHaveLength(5)
  await walk(here)
  expect(await invited()).toHaveLength(5)
  world.clock.advance(minutes(1))
  await walk(here)
  expect(await invited()).toHaveLength(10)
  expect(new Set(await invited()).size).toBe(10)
})

it('a process that dies in the middle is followed by another, and nobody is written to twice', async () => {
  await limited(7)
  await startCampaign(world, null)
  await walk(createCampaignWalk(world, 'dies'))
  for (let i = 0; i < 10; i += 1) {
    // The lease of the dead one ends by itself.
    world.clock.advance(minutes(2))
    await walk(createCampaignWalk(world, `follows ${i}`))
  }
  const mailed = await invited()
  expect(await state()).toBe('done')
  expect(new Set(mailed).size).toBe(mailed.length - 1)
  expect(mailed.length).toBeGreaterThan(30)
})

it('two servers never walk at once', async () => {
  await limited(3)
  await startCampaign(world, null)
  const [one, other] = [createCampaignWalk(world, 'one'), createCampaignWalk(world, 'other')]
  await Promise.all([walk(one), walk(other)])
  expect(await invited()).toHaveLength(3)
})

it('nor would they write twice if both believed that they alone walk', async () => {
  await startCampaign(world, null)
  await Promise.all([walk(createCampaignWalk(world, 'twin')), walk(createCampaignWalk(world, 'twin'))])
  const mailed = await invited()
  expect(new Set(mailed).size).toBe(mailed.length - 1)
})

describe('a pause', () => {
  it('holds in the middle of a round', async () => {
    await startCampaign(world, null)
    let reads = 0
    const { directory } = victims
    const read: typeof directory.read = async (ref, signal) => {
      reads += 1
      if (reads === 4) await moveCampaign(world, 'pause')
      return directory.read(ref, signal)
    }
    await walk(createCampaignWalk({ ...world, directories: [{ ...directory, read }] }, 'here'))
    expect((await campaignStatus(world))?.counts.found).toBeLessThanOrEqual(3)
    expect(await state()).toBe('paused')
  })

  it('holds at once, for what is on its way too, and ends by resume', async () => {
    await startCampaign(world, null)
    await limited(4)
    const here = createCampaignWalk(world, 'here')
    await walk(here)
    await moveCampaign(world, 'pause')
    expect(await invited()).toEqual([])
    world.clock.advance(minutes(1))
    await walk(here)
    expect(await invited()).toEqual([])
    await moveCampaign(world, 'resume')
    world.clock.advance(minutes(10))
    await walk(here)
    expect(await invited()).toHaveLength(8)
  })

  it('can be made for good: what was on its way never goes', async () => {
    await startCampaign(world, null)
    await walk()
    // Everybody was looked at: there is nothing left to stop.
    await expect(moveCampaign(world, 'stop')).rejects.toThrow('no campaign to stop')
    world.sent.length = 0
    await world.store.transact(tx => tx.outbox.expire(Number.MAX_SAFE_INTEGER))
    await limited(4)
    await startCampaign(world, null)
    await walk()
    await moveCampaign(world, 'stop')
    world.clock.advance(minutes(10))
    expect(await invited()).toEqual([])
    await expect(moveCampaign(world, 'resume')).rejects.toThrow('no campaign to resume')
  })
})

it('reminds once, after so many days, whoever still lacks something', async () => {
  await startCampaign(world, 7)
  await walk()
  const mailed = await invited()
  expect(await state()).toBe('running')
  await enrol(world, 'p03', ['app_code', 'email'])
  world.clock.advance(days(7) - 1)
  await walk()
  expect(await invited()).toEqual([])
  world.clock.advance(1)
  await walk()
  const again = await invited()
  expect(again.every(name => name.endsWith(' again'))).toBe(true)
  expect(again).toHaveLength(mailed.length - 1)
  expect(again).not.toContain('p03 again')
  expect(await state()).toBe('done')
  expect((await campaignStatus(world))?.campaign.reminders).toBe(again.length)
})

it('says who is left, as it is now', async () => {
  await startCampaign(world, null)
  await walk()
  expect(await left()).toContain('p03')
  await enrol(world, 'p03', ['app_code', 'email'])
  const now = await left()
  expect(now).not.toContain('p03')
  expect(now).toContain('p04')
})

it('is one at a time, and needs somebody in the scope', async () => {
  await startCampaign(world, null)
  await expect(startCampaign(world, null)).rejects.toThrow('under way')
  await world.store.close()
  world = await testWorld([victims.directory], { settings: { scope: { kind: 'none', groups: [] } } })
  await expect(startCampaign(world, null)).rejects.toThrow('nobody to write to')
})

it('waits while mail is down, so that nothing is on its way', async () => {
  const down = { ...world, notifiers: world.notifiers.map(one => ({ ...one, check: async () => false })) }
  await startCampaign(world, null)
  expect(await createCampaignWalk(down, 'here')()).toBe('waits')
  expect((await campaignStatus(world))?.counts.found).toBe(0)
})
