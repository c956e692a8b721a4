import { backupPostgres } from '../../store/backup-postgres.ts'
import { backupSqlite } from '../../store/backup-sqlite.ts'
import { deploymentOf, type ExitCode, type Invocation, parse } from '../arguments.ts'
import { openDeploymentStore, storeMistake } from '../wire.ts'

/** `postern backup`: a whole, consistent copy of the store in a new file, while servers run. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, {}, { min: 1, max: 1 })
  const deployment = deploymentOf(invocation, parsed)
  const [target = ''] = parsed.positionals
  const { storage, keyFile } = deployment
  const { env, terminal } = invocation
  const store = await openDeploymentStore(deployment)
  const record = (result: 'ok' | 'failed'): Promise<void> =>
    store.transact(tx => tx.audit({ name: 'backup.made', actor: 'operator', result }))
  try {
    await record('ok') // first, so that the copy holds the record of itself
    if (storage.kind === 'sqlite') await backupSqlite({ file: storage.file, target })
    else await backupPostgres({ databaseUrl: storage.url, target, env })
  } catch (cause) {
    await record('failed').catch(() => {}) // the cause is told anyway
    throw storeMistake(cause)
  } finally {
    await store.close()
  }
  terminal.out(`${target} holds the store. Keep ${keyFile} apart from it: both together open everything.\n`)
  return 0
}
