import { hash, parseOptions, verify } from '@node-rs/argon2'
import type { HashQueue } from '../../lib/hash-queue.ts'

/**
 * How passwords are kept. They are hashed exactly as typed, in UTF-8, and never normalised (PWD-03): a person types the
 * same keys again, and two passwords that differ stay different.
 */
export type PasswordHash = {
  /** A PHC string with its own salt and parameters. Throws QueueFullError, or the signal's reason. */
  hash(password: string, signal: AbortSignal): Promise<string>
  /** False, too, where `stored` is no hash at all; that costs as much. */
  verify(stored: string, password: string, signal: AbortSignal): Promise<boolean>
  /** Made with other parameters than today's: hashed anew when its owner types it (STO-01). */
  isOutdated(stored: string): boolean
}

/** Argon2id, 19 MiB, two passes, one lane (OWASP password storage; security.md, default numbers). */
const TODAY = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }
const ARGON2ID = 2

export function createPasswordHash(queue: HashQueue, parameters = TODAY): PasswordHash {
  const options = { ...parameters, algorithm: ARGON2ID }
  let nobodys: Promise<string> | null = null
  return {
    hash: (password, signal) => queue.run(() => hash(password, options), signal),
    async verify(stored, password, signal) {
      const real = optionsOf(stored) !== null
      if (!real) nobodys ??= hash('nobody has this password', options)
      const compared = real ? stored : ((await nobodys) ?? '')
      const equal = await queue.run(() => verify(compared, password), signal)
      return real && equal
    },
    isOutdated(stored) {
      const options = optionsOf(stored)
      if (options === null) return true
      const { algorithm, memoryCost, timeCost, parallelism, outputLen } = options
      const same = { memoryCost, timeCost, parallelism, outputLen }
      return algorithm !== ARGON2ID || JSON.stringify(same) !== JSON.stringify(parameters)
    },
  }
}

function optionsOf(stored: string) {
  try {
    return parseOptions(stored)
  } catch {
    return null
  }
}
