import { deadline } from '../lib/clock.ts'
import { currentSettings } from './current-settings.ts'
import { asked } from './find-account.ts'
import type { World } from './world.ts'

/** What is true for everybody, and so is said to everybody before the login (decisions 1.1). */
export type Availability =
  | { readonly state: 'open' }
  | { readonly state: 'off'; readonly supportCode: string }
  | {
      readonly state: 'not_now'
      readonly because: 'directory' | 'mail' | 'store'
      readonly supportCode: string | null
    }

/** The published codes of what is true for everybody (spec/entra-sspr.md 1.2); shown where the network is `helpful`. */
const CODES = {
  off: 'SSPR_0009',
  switchedOff: 'SSPR_0010',
  noPolicy: 'SSPR_0011',
  notWritable: 'SSPR_0029',
  unreachable: 'SSPR_0030',
} as const

const CHECK_MS = 5_000

/** With a login: only the directories that it would be asked of (decisions 4.10). */
export async function availability(world: World, login?: string): Promise<Availability> {
  const { settings, applied } = await world.store.read(async tx => ({
    settings: await currentSettings(tx),
    applied: (await tx.settings.current()) !== null,
  }))
  if (settings.scope.kind === 'none')
    return { state: 'off', supportCode: applied ? CODES.off : CODES.noPolicy }
  const signal = deadline(CHECK_MS)
  const directories = login === undefined ? world.directories : asked(world, login)
  const health = await Promise.all(
    directories.map(directory =>
      directory.check(signal).catch(() => ({ reachable: false, writable: false })),
    ),
  )
  if (health.some(({ reachable }) => !reachable))
    return { state: 'not_now', because: 'directory', supportCode: CODES.unreachable }
  if (directories.some(({ can }) => !can.reset))
    return { state: 'not_now', because: 'directory', supportCode: CODES.switchedOff }
  if (health.some(({ writable }) => !writable))
    return { state: 'not_now', because: 'directory', supportCode: CODES.notWritable }
  const mail = await Promise.all(world.notifiers.map(notifier => notifier.check(signal).catch(() => false)))
  return mail.every(Boolean) ? { state: 'open' } : { state: 'not_now', because: 'mail', supportCode: null }
}
