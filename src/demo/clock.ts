import { readFileSync } from 'node:fs'
import { type Clock, type Instant, seconds, systemClock } from '../lib/clock.ts'

const READ_EVERY_MS = 1_000

/**
 * The test clock (decisions 7.9): real time, plus the seconds that stand in the file named by POSTERN_CLOCK_FILE, read
 * again each second. Only the demo's build has it.
 */
export function demoClock(file: string | undefined): Clock {
  if (file === undefined) return systemClock
  let offset = readOffset(file)
  let readAt: Instant = systemClock.now()
  return {
    now() {
      const real = systemClock.now()
      if (real - readAt >= READ_EVERY_MS) {
        offset = readOffset(file)
        readAt = real
      }
      return real + offset
    },
  }
}

function readOffset(file: string): number {
  try {
    const offset = Number(readFileSync(file, 'utf8').trim())
    return Number.isFinite(offset) ? seconds(offset) : 0
  } catch {
    return 0
  }
}
