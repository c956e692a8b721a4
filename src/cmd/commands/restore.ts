import { mkdirSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import { systemClock } from '../../lib/clock.ts'
import { createKeys } from '../../lib/seal.ts'
import { POSTGRES_BACKUP } from '../../store/backup.ts'
import { restoreSqlite, voidPostgres } from '../../store/restore.ts'
import { deploymentOf, type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import type { Deployment } from '../config-types.ts'
import { openDeploymentStore, refuseDemo, storeMistake } from '../wire.ts'

/** `postern restore`: puts a backup in the place of the store; what was open in it is void (DRR-02). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, { 'after-pg-restore': { type: 'boolean' } }, { min: 0, max: 1 })
  const deployment = deploymentOf(invocation, parsed)
  const [source] = parsed.positionals
  if ((source === undefined) !== parsed.flag('after-pg-restore')) {
    throw new Misuse('"postern restore" takes one file, or --after-pg-restore')
  }
  const told = await restore(deployment, source).catch((cause: unknown) => {
    throw storeMistake(cause)
  })
  const store = await openDeploymentStore(deployment)
  try {
    await store.transact(tx => tx.audit({ name: 'backup.restored', actor: 'operator', result: 'ok' }))
  } finally {
    await store.close()
  }
  invocation.terminal.out(told)
  return 0
}

async function restore({ storage, ring }: Deployment, source: string | undefined): Promise<string> {
  if (storage.kind === 'postgres') {
    if (source !== undefined) throw new AppError('invalid-input', POSTGRES_BACKUP)
    const { resets, letters } = await voidPostgres(storage.url, systemClock)
    return `Void now: ${resets} resets, ${letters} letters.\n`
  }
  if (source === undefined)
    throw new AppError('invalid-input', '--after-pg-restore is for a PostgreSQL store.')
  refuseDemo(storage.folder)
  mkdirSync(storage.folder, { recursive: true, mode: 0o700 })
  const { file } = storage
  const restored = await restoreSqlite({ source, file, keys: createKeys(ring), clock: systemClock })
  const { resets, letters, carriedOver } = restored
  return [
    `${source} is in place. Void now: ${resets} resets, ${letters} letters.`,
    carriedOver
      ? 'What was used up or counted since the backup stays so.'
      : 'The former store could not be read: recovery codes used since the backup would work again.',
    '',
  ].join('\n')
}
