import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { createKeys, type Key, replaceableKeys } from '../lib/seal.ts'
import { createKeyFile, newKey, newRing, replaceKeyFile } from './key-file.ts'
import { watchRing } from './renewed-ring.ts'

const folder = tempFolder('ring')
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

afterEach(() => vi.useRealTimers())

it('takes a key that was added while the server runs, and no ring with mistakes', () => {
  vi.useFakeTimers()
  const path = join(folder.path, 'keys.json')
  const ring = newRing(systemRandom, systemClock.now())
  createKeyFile(path, ring)
  const taken: (readonly Key[])[] = []
  const stop = watchRing(path, fresh => taken.push(fresh), quiet, 1_000)
  vi.advanceTimersByTime(1_000)
  expect(taken).toEqual([])
  const fuller = [...ring, newKey('seal', ring, systemRandom, systemClock.now())]
  replaceKeyFile(path, fuller)
  vi.advanceTimersByTime(1_000)
  expect(taken.map(fresh => fresh.length)).toEqual([fuller.length])
  writeFileSync(path, 'no ring', { mode: 0o600 })
  vi.advanceTimersByTime(1_000)
  expect(taken).toHaveLength(1)
  stop()
})

it('lets keys in use read what a newer key sealed', () => {
  const ring = newRing(systemRandom, systemClock.now())
  const { keys, replace } = replaceableKeys(ring)
  const fuller = [...ring, newKey('seal', ring, systemRandom, systemClock.now())]
  const sealed = createKeys(fuller).seal('a letter', 'outbox/1')
  expect(() => keys.open(sealed, 'outbox/1')).toThrow()
  replace(fuller)
  expect(keys.open(sealed, 'outbox/1')).toBe('a letter')
})
