import { expect, it } from 'vitest'
import { minutes } from '../lib/clock.ts'
import { now, parallel } from './conformance-suite.ts'
import type { Store } from './store.ts'

export function passConformance(store: () => Store): void {
  const issue = (subject: string, digest: string) =>
    store().transact(tx =>
      tx.passes.issue({ subject, reference: 'K7-4QF', expiresAt: now + minutes(60) }, digest),
    )
  const use = (subject: string, digests: string[], at = now) =>
    store().transact(tx => tx.passes.use(subject, digests, at))
  const found = (digest: string) => store().read(tx => tx.passes.byDigests(['another key', digest]))

  it('lets a pass be used once, by its owner, until it ends; of 32 at once one succeeds (TOK-04, TOK-05)', async () => {
    await issue('alice', 'a')
    expect(await use('bob', ['a'])).toBe(false)
    expect(await use('alice', ['b'])).toBe(false)
    expect(await use('alice', ['a'], now + minutes(60))).toBe(false)
    const used = await parallel(32, () => use('alice', ['b', 'a'], now + minutes(60) - 1))
    expect(used.filter(Boolean).length).toBe(1)
    expect(await found('a')).toEqual({
      subject: 'alice',
      reference: 'K7-4QF',
      expiresAt: now + minutes(60),
      usedAt: now + minutes(60) - 1,
    })
  })

  it('keeps one for each account: a new one takes the place of the old, used or not', async () => {
    await issue('alice', 'a')
    await issue('alice', 'b')
    expect(await found('a')).toBeNull()
    expect(await use('alice', ['a'])).toBe(false)
    expect(await use('alice', ['b'])).toBe(true)
    await issue('alice', 'c')
    expect(await use('alice', ['c'])).toBe(true)
  })

  it('takes back what stands, and says where nothing stood', async () => {
    const revoke = (subject: string, at = now) => store().transact(tx => tx.passes.revoke(subject, at))
    await issue('alice', 'a')
    await issue('bob', 'b')
    await use('bob', ['b'])
    expect([await revoke('alice', now + minutes(60)), await revoke('bob')]).toEqual([false, false])
    expect([await revoke('alice'), await revoke('alice')]).toEqual([true, false])
    expect(await use('alice', ['a'])).toBe(false)
  })

  it('forgets what was used or has ended, after a while (TOK-16)', async () => {
    for (const name of ['alice', 'bob']) await issue(name, name)
    await use('alice', ['alice'])
    const prune = (at: number) => store().transact(tx => tx.passes.prune(at, minutes(30)))
    expect(await prune(now + minutes(30))).toBe(0)
    expect(await prune(now + minutes(30) + 1)).toBe(1)
    expect(await found('bob')).not.toBeNull()
    expect(await prune(now + minutes(90) + 1)).toBe(1)
  })
}
