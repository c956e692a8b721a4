import { systemClock } from '../../lib/clock.ts'
import { migrate } from '../../store/open.ts'
import { deploymentOf, type ExitCode, type Invocation, parse } from '../arguments.ts'
import { openDeploymentStore, storeMistake } from '../wire.ts'

/** `postern migrate`: brings the database to this program's schema. SQLite does so by itself, after a copy (decisions 7.6). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const deployment = deploymentOf(invocation, parse(invocation.words, {}, { min: 0, max: 0 }))
  if (deployment.storage.kind === 'postgres') {
    const before = await migrate(deployment.storage.url, systemClock).catch((cause: unknown) => {
      throw storeMistake(cause)
    })
    invocation.terminal.out(`The database had schema ${before}.\n`)
  }
  const store = await openDeploymentStore(deployment)
  await store.close()
  invocation.terminal.out('The database has the schema of this program.\n')
  return 0
}
