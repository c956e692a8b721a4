import { afterEach, beforeEach, describe } from 'vitest'
import { agentConformance } from './conformance-agents.ts'
import { auditConformance } from './conformance-audit.ts'
import { campaignConformance } from './conformance-campaigns.ts'
import { lastingConformance } from './conformance-lasting.ts'
import { parallelConformance } from './conformance-parallel.ts'
import { passConformance } from './conformance-passes.ts'
import { resetConformance } from './conformance-resets.ts'
import { reviewConformance } from './conformance-reviews.ts'
import { sessionConformance } from './conformance-sessions.ts'
import type { LastingPlace, Place } from './conformance-suite.ts'
import { tableConformance } from './conformance-tables.ts'
import { transactionConformance } from './conformance-transactions.ts'
import type { Store } from './store.ts'

/** What every engine of the store must do. `fresh` makes an empty database for each test. */
export function storeConformance(name: string, fresh: () => Promise<Place>): void {
  describe(`${name} as the store`, () => {
    let place: Place | null = null
    let store: Store | null = null
    beforeEach(async () => {
      place = await fresh()
      store = await place.open()
    })
    afterEach(async () => {
      await store?.close()
      await place?.remove()
    })
    const opened = (): Store => {
      if (!store) throw new Error('no store')
      return store
    }
    transactionConformance(opened)
    resetConformance(opened)
    sessionConformance(opened)
    reviewConformance(opened)
    campaignConformance(opened)
    tableConformance(opened)
    passConformance(opened)
    parallelConformance(opened)
    auditConformance(opened)
    agentConformance(opened)
  })
}

/** What an engine must do besides when its database outlives the process, and several may use it at once. */
export function lastingStoreConformance(name: string, fresh: () => Promise<LastingPlace>): void {
  describe(`${name} as the store of several servers`, () => {
    let place: LastingPlace | null = null
    beforeEach(async () => {
      place = await fresh()
    })
    afterEach(async () => {
      await place?.remove()
    })
    lastingConformance(() => {
      if (!place) throw new Error('no place')
      return place
    })
  })
}
