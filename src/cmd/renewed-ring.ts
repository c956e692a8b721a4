import { statSync } from 'node:fs'
import { seconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Key } from '../lib/seal.ts'
import { readKeyFile } from './key-file.ts'

/** How often the key file is looked at: a key that an operator added serves soon after, without a restart (STO-03). */
export const LOOK_MS = seconds(5)

/** Hands over the ring when its file has changed; a ring with mistakes is not taken. Returns what ends it. */
export function watchRing(
  path: string,
  take: (ring: readonly Key[]) => void,
  log: Log,
  everyMs = LOOK_MS,
): () => void {
  let seen = stampOf(path)
  const timer = setInterval(() => {
    const stamp = stampOf(path)
    if (stamp === seen) return
    seen = stamp
    const read = readKeyFile(path)
    if (!read.ok)
      return log.error('the changed key file cannot be used; the former ring stays', {
        mistakes: read.mistakes,
      })
    take(read.ring)
    log.info('the key ring was read again', { keys: read.ring.length })
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

function stampOf(path: string): string {
  try {
    const { mtimeMs, ino } = statSync(path)
    return `${mtimeMs} ${ino}`
  } catch {
    return 'missing'
  }
}
