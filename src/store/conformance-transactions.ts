import { expect, it } from 'vitest'
import { now, parallel, sampleReset } from './conformance-suite.ts'
import type { Store, Tx } from './store.ts'

export function transactionConformance(store: () => Store): void {
  it('keeps nothing of a transaction that throws, and throws what it threw', async () => {
    const error = new Error('no')
    const reset = sampleReset()
    const failed = store().transact(async tx => {
      await tx.resets.insert(reset, 'digest')
      await tx.limits.add('a', 1, now)
      throw error
    })
    await expect(failed).rejects.toBe(error)
    expect(await store().read(tx => tx.resets.lock(reset.id))).toBeNull()
    expect(await store().read(tx => tx.limits.get('a'))).toBeNull()
  })

  it('keeps those that succeed apart from those that throw beside them', async () => {
    const outcomes = await parallel(40, index =>
      store()
        .transact(async tx => {
          await tx.limits.add(`n${index}`, 1, now)
          await tx.limits.add('all', 1, now)
          if (index % 3 === 0) throw new Error('no')
          return index
        })
        .catch(() => null),
    )
    const kept = outcomes.filter(outcome => outcome !== null)
    expect(kept.length).toBe(26)
    expect((await store().read(tx => tx.limits.get('all')))?.value).toBe(26)
    const there = await store().read(tx =>
      Promise.all(outcomes.map(async (_, index) => (await tx.limits.get(`n${index}`)) !== null)),
    )
    expect(there).toEqual(outcomes.map(outcome => outcome !== null))
  })

  it('refuses a statement after the end of its transaction', async () => {
    let kept: Tx | null = null
    await store().transact(async tx => {
      kept = tx
    })
    const late = kept as Tx | null // as: the compiler does not see the assignment above
    await expect(late?.limits.add('late', 1, now)).rejects.toThrow('over')
    expect(await store().read(tx => tx.limits.get('late'))).toBeNull()
  })

  it('does not go on after a failed statement as if it had not been', async () => {
    const reset = sampleReset()
    const twice = store().transact(async tx => {
      await tx.resets.insert(reset, 'digest')
      await tx.resets.insert(reset, 'digest')
    })
    await expect(twice).rejects.toThrow()
    expect(await store().read(tx => tx.resets.lock(reset.id))).toBeNull()
  })

  it('refuses to write through a read', async () => {
    await expect(store().read(tx => tx.limits.add('a', 1, now))).rejects.toThrow('must not write')
    await expect(store().read(tx => tx.limits.clear('a'))).rejects.toThrow('must not write')
    expect(await store().read(tx => tx.limits.get('a'))).toBeNull()
  })
}
