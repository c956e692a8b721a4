import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { AccountRef } from '../account.ts'
import type { Directory } from '../directory.ts'
import type { Keys } from '../lib/seal.ts'

const BOUND_TO = 'demo/passwords'

export type Remembered = {
  /** The last password set through the demo; null: still the sample's own. */
  lastOf(ref: AccountRef): string | null
  around(directory: Directory): Directory
}

/** Passwords set through the demo, so that its page can show the one that works (decisions 7.10). Sealed on disk. */
export function rememberPasswords(file: string, keys: Keys): Remembered {
  const known = new Map(existsSync(file) ? readKnown(readFileSync(file, 'utf8'), keys) : [])
  const keep = (ref: AccountRef, password: string): void => {
    known.set(ref.id, password)
    writeFileSync(`${file}.new`, keys.seal(JSON.stringify([...known]), BOUND_TO), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return {
    lastOf: ref => known.get(ref.id) ?? null,
    around: directory => ({
      ...directory,
      async setPassword(ref, write, signal) {
        const answer = await directory.setPassword(ref, write, signal)
        if (answer.ok) keep(ref, write.password)
        return answer
      },
      async changePassword(ref, change, signal) {
        const answer = await directory.changePassword(ref, change, signal)
        if (answer.ok) keep(ref, change.password)
        return answer
      },
    }),
  }
}

/** Sealed by us, so it is what `keep` wrote. */
const readKnown = (sealed: string, keys: Keys): [string, string][] => JSON.parse(keys.open(sealed, BOUND_TO))
