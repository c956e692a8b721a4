import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { AccountRef } from '../account.ts'
import type { Directory } from '../directory.ts'
import type { Keys } from '../lib/seal.ts'

const BOUND_TO = 'demo/passwords'

/** Passwords that were set through the demo, so that its page can show the one that works (decisions 7.10). Sealed on disk. */
export function rememberPasswords(directory: Directory, file: string, keys: Keys): { directory: Directory; lastOf(ref: AccountRef): string | null } {
  const known = new Map<string, string>(existsSync(file) ? (JSON.parse(keys.open(readFileSync(file, 'utf8'), BOUND_TO)) as [string, string][]) : [])
  const keep = (ref: AccountRef, password: string): void => {
    known.set(ref.id, password)
    writeFileSync(`${file}.new`, keys.seal(JSON.stringify([...known]), BOUND_TO), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return {
    lastOf: ref => known.get(ref.id) ?? null,
    directory: {
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
    },
  }
}
