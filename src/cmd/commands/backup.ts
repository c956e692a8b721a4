import { AppError } from '../../errors.ts'
import { backupSqlite, POSTGRES_BACKUP } from '../../store/backup.ts'
import { deploymentOf, type ExitCode, type Invocation, parse } from '../arguments.ts'
import { openDeploymentStore, storeMistake } from '../wire.ts'

/** `postern backup`: a whole, consistent copy of the store in a new file, while the server runs. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, {}, { min: 1, max: 1 })
  const deployment = deploymentOf(invocation, parsed)
  const [target = ''] = parsed.positionals
  const { storage, keyFile } = deployment
  if (storage.kind === 'postgres') throw new AppError('invalid-input', POSTGRES_BACKUP)
  const store = await openDeploymentStore(deployment)
  try {
    // First, so that the copy holds the record of itself.
    await store.transact(tx => tx.audit({ name: 'backup.made', actor: 'operator', result: 'ok' }))
    backupSqlite(storage.file, target)
  } catch (cause) {
    throw storeMistake(cause)
  } finally {
    await store.close()
  }
  invocation.terminal.out(
    `${target} holds the store. Keep ${keyFile} apart from it: both together open everything.\n`,
  )
  return 0
}
