import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const COUNTED = ['createHmac', 'createHash', 'timingSafeEqual', 'pbkdf2', 'pbkdf2Sync'] as const
export type CryptoWork = Record<(typeof COUNTED)[number], number>

/** How often `deed` called into node:crypto: work that does not depend on how fast the machine happens to be. */
export function cryptoWorkOf(deed: () => unknown): CryptoWork {
  const work: CryptoWork = { createHmac: 0, createHash: 0, timingSafeEqual: 0, pbkdf2: 0, pbkdf2Sync: 0 }
  const originals = COUNTED.map(name => [name, crypto[name]] as const)
  for (const [name, original] of originals) {
    const counted = (...given: unknown[]): unknown => {
      work[name]++
      return Reflect.apply(original, crypto, given)
    }
    Object.assign(crypto, { [name]: counted })
  }
  syncBuiltinESMExports()
  try {
    deed()
  } finally {
    Object.assign(crypto, Object.fromEntries(originals))
    syncBuiltinESMExports()
  }
  return work
}
