import { DirectoryError } from '../../directory.ts'
import type { Connection } from './connection.ts'
import type { Context } from './profile.ts'

/** It answered with a referral, which is not followed: nothing was written, and the next time another is asked. */
export function readOnlyServer(connection: Connection, context: Context): never {
  context.servers.cannotWrite(connection)
  throw new DirectoryError(`${connection.host.url} refers writes to another server`, false)
}
