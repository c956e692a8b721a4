import type { World } from '../actions/world.ts'
import { createLog } from '../lib/log.ts'
import { deploymentOf, type ExitCode, type Invocation, type Parsed } from './arguments.ts'
import { type Opened, openWorld } from './wire.ts'

export type { Opened } from './wire.ts'

/** Opens everything for one command and closes it again. What it logs goes to standard error, apart from its answer. */
export async function withOpened(
  invocation: Invocation,
  parsed: Parsed,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  const deployment = deploymentOf(invocation, parsed)
  const opened = await openWorld(
    deployment,
    createLog(line => invocation.terminal.err(line)),
  )
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

export const withWorld = (
  invocation: Invocation,
  parsed: Parsed,
  work: (world: World) => Promise<ExitCode>,
): Promise<ExitCode> => withOpened(invocation, parsed, ({ world }) => work(world))
