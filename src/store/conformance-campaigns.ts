import { describe, expect, it } from 'vitest'
import type { Campaign, Invited } from '../campaign.ts'
import { now, parallel } from './conformance-suite.ts'
import type { Store } from './store.ts'

export const sampleCampaign = (change: Partial<Campaign> = {}): Campaign => ({
  id: 'first',
  state: 'running',
  startedAt: now,
  remindAfterDays: 7,
  cursor: { directory: 'staff', page: '1-0' },
  seen: 0,
  reminders: 0,
  ...change,
})
export const sampleInvited = (login: string, mailedAt: number | null = now): Invited => ({
  ...{ subject: `subject of ${login}`, ref: { directory: 'staff', id: login }, login, mailedAt },
})

export function campaignConformance(store: () => Store): void {
  describe('a campaign', () => {
    const add = (invited: Invited, campaign = 'first') =>
      store().transact(tx => tx.campaigns.add(campaign, invited))
    const begin = (campaign = sampleCampaign()) => store().transact(tx => tx.campaigns.begin(campaign))

    it('is kept as it is saved, until another takes its place and all that it found', async () => {
      expect(await store().read(tx => tx.campaigns.current())).toBeNull()
      await begin()
      expect(await store().read(tx => tx.campaigns.current())).toEqual(sampleCampaign())
      const later = sampleCampaign({ state: 'paused', cursor: null, seen: 9 })
      await store().transact(tx => tx.campaigns.save(later))
      expect(await store().transact(tx => tx.campaigns.current())).toEqual(later)
      await add(sampleInvited('alice'))
      await begin(sampleCampaign({ id: 'second' }))
      expect(await store().read(tx => tx.campaigns.current())).toMatchObject({ id: 'second' })
      expect(await store().read(tx => tx.campaigns.counts('first'))).toEqual({ found: 0, mailed: 0 })
    })

    it('finds nobody twice, however many walk', async () => {
      await begin()
      const added = await parallel(16, () => add(sampleInvited('alice')))
      expect(added.filter(Boolean)).toHaveLength(1)
      expect(await store().read(tx => tx.campaigns.has('first', 'subject of alice'))).toBe(true)
      expect(await store().read(tx => tx.campaigns.has('first', 'subject of bob'))).toBe(false)
      await add(sampleInvited('bob', null))
      expect(await store().read(tx => tx.campaigns.counts('first'))).toEqual({ found: 2, mailed: 1 })
    })

    it('lists whom it found in order, and forgets an account that is no more', async () => {
      await begin()
      for (const login of ['carol', 'alice', 'bob']) await add(sampleInvited(login))
      const list = (after: string, limit: number) =>
        store().read(async tx => (await tx.campaigns.list('first', after, limit)).map(({ login }) => login))
      expect(await list('', 2)).toEqual(['alice', 'bob'])
      expect(await list('subject of bob', 2)).toEqual(['carol'])
      expect(await store().read(tx => tx.campaigns.list('first', '', 1))).toEqual([sampleInvited('alice')])
      await store().transact(tx => tx.campaigns.forget('subject of alice'))
      expect(await list('', 9)).toEqual(['bob', 'carol'])
    })

    it('looks again once at those who were mailed long enough ago', async () => {
      await begin()
      await add(sampleInvited('alice', now))
      await add(sampleInvited('bob', now + 1))
      await add(sampleInvited('carol', null))
      const due = (before: number) =>
        store().read(async tx => (await tx.campaigns.due('first', before, 9)).map(({ login }) => login))
      expect([await due(now - 1), await due(now), await due(now + 1)]).toEqual([
        [],
        ['alice'],
        ['alice', 'bob'],
      ])
      const again = () => store().transact(tx => tx.campaigns.lookedAgain('first', 'subject of alice', now))
      expect([await again(), await again()]).toEqual([true, false])
      expect(await due(now + 1)).toEqual(['bob'])
    })
  })
}
