import { mkdirSync } from 'node:fs'
import { systemClock } from '../../lib/clock.ts'
import { createKeys } from '../../lib/seal.ts'
import type { Restored } from '../../store/restore.ts'
import { restorePostgres } from '../../store/restore-postgres.ts'
import { restoreSqlite } from '../../store/restore-sqlite.ts'
import { deploymentOf, type ExitCode, type Invocation, parse } from '../arguments.ts'
import type { Environment } from '../config-env.ts'
import type { Deployment } from '../config-types.ts'
import { openDeploymentStore, refuseDemo, storeMistake } from '../wire.ts'

/** `postern restore`: puts a backup in the place of the store, while servers run; what was open in it is void (DRR-02). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, {}, { min: 1, max: 1 })
  const deployment = deploymentOf(invocation, parsed)
  const [source = ''] = parsed.positionals
  const { resets, letters, carriedOver } = await restore(deployment, source, invocation.env).catch(
    (cause: unknown) => {
      throw storeMistake(cause)
    },
  )
  const store = await openDeploymentStore(deployment)
  try {
    await store.transact(tx => tx.audit({ name: 'backup.restored', actor: 'operator', result: 'ok' }))
  } finally {
    await store.close()
  }
  invocation.terminal.out(
    [
      `${source} is in place. Void now: ${resets} resets, ${letters} letters.`,
      carriedOver
        ? 'What was used up or counted since the backup stays so.'
        : 'There was no former store to read: recovery codes used since the backup would work again.',
      '',
    ].join('\n'),
  )
  return 0
}

function restore({ storage, ring }: Deployment, source: string, env: Environment): Promise<Restored> {
  const given = { source, keys: createKeys(ring), clock: systemClock }
  if (storage.kind === 'postgres') return restorePostgres({ ...given, databaseUrl: storage.url, env })
  refuseDemo(storage.folder)
  mkdirSync(storage.folder, { recursive: true, mode: 0o700 })
  return restoreSqlite({ ...given, file: storage.file })
}
