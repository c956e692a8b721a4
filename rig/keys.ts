import { createKeys, KEY_BYTES, KEY_USES, type Key, type Keys } from '../src/lib/seal.ts'
import { seededRandom } from './random.ts'

/** A whole key ring of one deployment: the same name gives the same keys for ever. */
export const ringOf = (name: string, created = '2026-01-01'): Key[] =>
  KEY_USES.map(use => ({
    id: `${use}-${created}`,
    use,
    created,
    secret: seededRandom(`${name} ${use} ${created}`).bytes(KEY_BYTES),
  }))

export const keysOf = (name: string): Keys => createKeys(ringOf(name))
