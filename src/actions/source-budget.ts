import { AppError } from '../errors.ts'
import { spend } from '../limit.ts'
import { currentSettings, networkOf } from './current-settings.ts'
import { refusing } from './refusals.ts'
import type { World } from './world.ts'

/**
 * A source whose budget of starts or changes is spent does not reach the directory: else one solved check, shown again
 * and again, would keep the directory busy for everybody. Spends nothing; throws `too-many`, on record.
 */
export async function assertSourceMayAsk(
  world: World,
  source: string,
  nameOf: (bucket: string) => string,
): Promise<void> {
  const wait = await world.store.read(async tx => {
    const { bucket, startsPerSource } = networkOf(world, await currentSettings(tx), source)
    return spend(startsPerSource, await tx.limits.get(nameOf(bucket)), world.clock.now()).retryAfterSeconds
  })
  if (wait > 0)
    throw await refusing(world, {
      source,
      event: { name: 'reset.throttled', reason: 'source' },
      error: new AppError('too-many', 'Too many tries. Please wait.', { retryAfterSeconds: wait }),
    })
}
