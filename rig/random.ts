import { createHash } from 'node:crypto'
import type { Random } from '../src/lib/random.ts'

/** The same seed gives the same bytes for ever: SHA-256 of the seed and a counter. */
export function seededRandom(seed: string | number): Random {
  let blocks = 0
  const block = (): Buffer => createHash('sha256').update(`${seed}:${blocks++}`).digest()
  const bytes = (length: number): Uint8Array => {
    const parts = Array.from({ length: Math.ceil(length / 32) }, block)
    return Buffer.concat(parts).subarray(0, length)
  }
  return { bytes, below: limit => below(limit, () => Buffer.from(bytes(4)).readUInt32BE()) }
}

/** Draws again above the largest multiple of `limit`, so that every value is equally likely. */
function below(limit: number, draw: () => number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit)
  for (;;) {
    const drawn = draw()
    if (drawn < fair) return drawn % limit
  }
}
