import { exportAudit, toLine } from '../../store/audit-export.ts'
import { deploymentOf, type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { openDeploymentStore } from '../wire.ts'

/** `postern audit export`: one record a line, oldest first; `--since` takes a moment (RFC 3339), `--after` an id. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const flags = { since: { type: 'string' }, after: { type: 'string' } } as const
  const parsed = parse(invocation.words, flags, { min: 1, max: 1 })
  const since = Date.parse(parsed.value('since') ?? '1970-01-01T00:00:00Z')
  const after = Number(parsed.value('after') ?? 0)
  if (parsed.positionals[0] !== 'export') throw new Misuse('"postern audit" was used wrongly')
  if (Number.isNaN(since)) throw new Misuse('--since takes a moment such as 2026-01-31T12:00:00Z')
  if (!Number.isSafeInteger(after) || after < 0) throw new Misuse('--after takes the id of a record')
  const store = await openDeploymentStore(deploymentOf(invocation, parsed))
  try {
    for await (const record of exportAudit(store, after)) {
      if (Date.parse(record.time) >= since) invocation.terminal.out(`${toLine(record)}\n`)
    }
  } finally {
    await store.close()
  }
  return 0
}
