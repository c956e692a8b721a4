import { expect, it } from 'vitest'
import { now } from './conformance-suite.ts'
import type { Store } from './store.ts'

export function reviewConformance(store: () => Store): void {
  const of = (subject: string) => store().read(tx => tx.reviews.of(subject))

  it('knows when an account looked at what it has, and until when it wants to be left alone', async () => {
    expect(await of('alice')).toEqual({ reviewedAt: null, dismissedUntil: null })
    await store().transact(tx => tx.reviews.dismissed('alice', now + 5))
    expect(await of('alice')).toEqual({ reviewedAt: null, dismissedUntil: now + 5 })
    await store().transact(tx => tx.reviews.reviewed('alice', now))
    expect(await of('alice')).toEqual({ reviewedAt: now, dismissedUntil: null })
    await store().transact(tx => tx.reviews.dismissed('alice', now + 9))
    expect(await of('alice')).toEqual({ reviewedAt: now, dismissedUntil: now + 9 })
    expect(await of('bob')).toEqual({ reviewedAt: null, dismissedUntil: null })
    await store().transact(tx => tx.reviews.remove('alice'))
    expect(await of('alice')).toEqual({ reviewedAt: null, dismissedUntil: null })
  })
}
