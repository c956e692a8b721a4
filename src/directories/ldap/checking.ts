import { DirectoryError, type Health } from '../../directory.ts'
import type { Open } from './open.ts'

/** Never throws for a directory that is down: that is the answer. */
export async function check(open: Open, signal: AbortSignal): Promise<Health> {
  try {
    return await open.servers.write(signal, async connection => {
      open.seen.root = connection.root
      const { writable, findings } = await open.profile.findings(connection, open.contextOf(signal))
      return { reachable: true, writable, warnings: findings }
    })
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    return await reachableOnly(open, signal, error)
  }
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
