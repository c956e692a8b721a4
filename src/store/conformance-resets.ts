import { expect, it } from 'vitest'
import { hours, minutes } from '../lib/clock.ts'
import { clock, now, sampleReset } from './conformance-suite.ts'
import type { Store } from './store.ts'

export function resetConformance(store: () => Store): void {
  it('gives a reset back as it was saved, and null for an unknown id', async () => {
    const reset = sampleReset()
    await store().transact(tx => tx.resets.insert(reset, 'digest'))
    expect(await store().read(tx => tx.resets.lock(reset.id))).toEqual({ reset, tokenDigest: 'digest' })
    const later = { ...reset, refusals: 3, expiresAt: now + minutes(40) }
    await store().transact(tx => tx.resets.save(later))
    expect((await store().read(tx => tx.resets.lock(reset.id)))?.reset).toEqual(later)
    expect(await store().read(tx => tx.resets.lock('nobody'))).toBeNull()
  })

  it('refuses to save a reset that is not there', async () => {
    await expect(store().transact(tx => tx.resets.save(sampleReset()))).rejects.toThrow('not there')
  })

  it('lists the live resets of a subject, oldest first, and those of one source', async () => {
    const first = sampleReset({ startedAt: now - 2000, source: '192.0.2.1' })
    const second = sampleReset({ startedAt: now - 1000 })
    const ended = sampleReset({ phase: { name: 'failed', why: 'cancelled', supportCode: null } })
    const stranger = sampleReset({ subject: 'another subject' })
    await store().transact(async tx => {
      for (const reset of [second, first, ended, stranger]) await tx.resets.insert(reset, 'digest')
    })
    expect(await store().read(tx => tx.resets.live(first.subject))).toEqual([first.id, second.id])
    expect(await store().read(tx => tx.resets.live(first.subject, '192.0.2.1'))).toEqual([first.id])
    expect(await store().read(tx => tx.resets.live(first.subject, '192.0.2.9'))).toEqual([])
  })

  it('says which writing and uncertain resets are due for a look, and forgets them once settled', async () => {
    const writing = sampleReset({ phase: { name: 'writing', key: 'k', since: now } })
    const open = sampleReset()
    await store().transact(async tx => {
      await tx.resets.insert(writing, 'digest')
      await tx.resets.insert(open, 'digest')
    })
    expect(await store().read(tx => tx.resets.unsettled(now - 1, 9))).toEqual([])
    expect(await store().read(tx => tx.resets.unsettled(now, 9))).toEqual([writing.id])
    await store().transact(tx => tx.resets.lookAgain(writing.id, now + 500))
    const uncertain = { ...writing, phase: { name: 'uncertain', key: 'k', since: now } as const }
    await store().transact(tx => tx.resets.save(uncertain))
    expect(await store().read(tx => tx.resets.unsettled(now + 499, 9))).toEqual([])
    expect(await store().read(tx => tx.resets.unsettled(now + 500, 9))).toEqual([writing.id])
    await store().transact(tx => tx.resets.save({ ...writing, phase: { name: 'done', at: now } }))
    expect(await store().read(tx => tx.resets.unsettled(now + hours(9), 9))).toEqual([])
  })

  it('deletes what ended or expired longer ago than asked, never what is being written', async () => {
    const resets = {
      done: sampleReset({ phase: { name: 'done', at: now } }),
      expired: sampleReset({ expiresAt: now + 1 }),
      open: sampleReset({ expiresAt: now + hours(2) }),
      writing: sampleReset({ phase: { name: 'writing', key: 'k', since: now } }),
    }
    await store().transact(async tx => {
      for (const reset of Object.values(resets)) await tx.resets.insert(reset, 'digest')
    })
    const pruneAt = (at: number): Promise<number> => store().transact(tx => tx.resets.prune(at, 1000, 99))
    expect(await pruneAt(clock.now() + 1000)).toBe(0)
    expect(await pruneAt(clock.now() + 1002)).toBe(2)
    const left = await Promise.all(
      Object.entries(resets).map(async ([name, { id }]) =>
        (await store().read(tx => tx.resets.lock(id))) ? name : null,
      ),
    )
    expect(left).toEqual([null, null, 'open', 'writing'])
  })

  it('keeps open resets bounded: the oldest without a passed gate go first', async () => {
    const proof = {
      option: 'o',
      enrollment: 'e',
      method: 'email',
      channel: 'c',
      source: 'person',
      at: now,
    } as const
    const proven = sampleReset({ startedAt: now - 9000, passed: [proof] })
    const open = [1, 2, 3, 4].map(age => sampleReset({ startedAt: now - age * 1000 }))
    await store().transact(async tx => {
      for (const reset of [proven, ...open]) await tx.resets.insert(reset, 'digest')
    })
    expect(await store().transact(tx => tx.resets.prune(now, hours(24), 3))).toBe(2)
    const left = await store().read(tx => tx.resets.live(proven.subject))
    expect(left).toEqual([proven.id, open[1]?.id, open[0]?.id])
    expect(await store().transact(tx => tx.resets.prune(now, hours(24), 0))).toBe(2)
    expect(await store().read(tx => tx.resets.live(proven.subject))).toEqual([proven.id])
  })

  it('keeps ended resets bounded: the first to end go first (DOS-06)', async () => {
    const ended = [1, 2, 3, 4].map(() => sampleReset())
    await store().transact(async tx => {
      for (const reset of [sampleReset(), ...ended]) await tx.resets.insert(reset, 'digest')
    })
    for (const reset of ended) {
      const phase = { name: 'failed', why: 'cancelled', supportCode: null } as const
      await store().transact(tx => tx.resets.save({ ...reset, phase }))
      clock.advance(1)
    }
    clock.set(now)
    const prune = () => store().transact(tx => tx.resets.prune(now + 4, hours(24), 3))
    expect(await prune()).toBe(1)
    const left = await store().read(tx => Promise.all(ended.map(({ id }) => tx.resets.lock(id))))
    expect(left.map(Boolean)).toEqual([false, true, true, true])
    expect(await prune()).toBe(0)
  })
}
