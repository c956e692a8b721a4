import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { toRfc3339 } from '../lib/clock.ts'
import type { Audit } from './audit.ts'

const NAME = 'audit.jsonl'

/**
 * The agent's own record, in its state folder: one line of JSON each, appended, for its owner alone. It outlives the
 * program, and a power failure as far as the system had written it; what was sent to the directory is in the journal,
 * which is synchronised. May be moved away by a program such as logrotate (copytruncate).
 */
export function openAuditFile(folder: string): { readonly audit: Audit; close(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = openSync(join(folder, NAME), 'a', 0o600)
  return {
    audit: ({ at, ...record }) => {
      const line = Buffer.from(`${JSON.stringify({ time: toRfc3339(at), ...record })}\n`)
      if (writeSync(file, line) !== line.length) throw new Error('the audit file cannot be written')
    },
    close: () => closeSync(file),
  }
}
