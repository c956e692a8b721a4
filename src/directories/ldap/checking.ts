import { DirectoryError, type Health } from '../../directory.ts'
import { minutes } from '../../lib/clock.ts'
import type { Connection } from './connection.ts'
import type { Open } from './open.ts'
import type { Checked } from './profile.ts'

/** Never throws for a directory that is down: that is the answer. */
export async function check(open: Open, signal: AbortSignal): Promise<Health> {
  try {
    return await open.servers.write(signal, async connection => {
      open.seen.root = connection.root
      const { writable, findings } = await rights(open, connection, signal)
      return { reachable: true, writable, warnings: findings }
    })
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    return await reachableOnly(open, signal, error)
  }
}

/** `check` stands before every reset; rights change seldom. */
const RIGHTS_MS = minutes(5)

async function rights(
  { seen, profile, clock, contextOf }: Open,
  connection: Connection,
  signal: AbortSignal,
): Promise<Checked> {
  if (seen.rights && seen.rights.until > clock.now() && seen.rights.server === connection.host.url)
    return seen.rights.checked
  const checked = await profile.findings(connection, contextOf(signal))
  seen.rights = { checked, server: connection.host.url, until: clock.now() + RIGHTS_MS }
  return checked
}

async function reachableOnly(open: Open, signal: AbortSignal, cause: DirectoryError): Promise<Health> {
  const warnings = [{ level: 'error', text: cause.message }] as const
  try {
    return await open.servers.read(signal, async () => ({ reachable: true, writable: false, warnings }))
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    return { reachable: false, writable: false, warnings }
  }
}
