import type { World } from '../actions/world.ts'
import { createLog, type Log } from '../lib/log.ts'
import { deploymentOf, type ExitCode, type Invocation, type Parsed } from './arguments.ts'
import type { Deployment } from './config-types.ts'
import { type Opened, openWorld } from './wire.ts'
import { behindAgents, findRelay } from './wire-agents.ts'

export type { Opened } from './wire.ts'

/** Opens everything for one command and closes it again. What it logs goes to standard error, apart from its answer. */
export async function withOpened(
  invocation: Invocation,
  parsed: Parsed,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  const deployment = deploymentOf(invocation, parsed)
  const opened = await openForCommand(
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

/** A command asks agents through the server that runs on this machine; where none does they cannot be asked. */
export async function openForCommand(deployment: Deployment, log: Log): Promise<Opened> {
  const relay = behindAgents(deployment).length > 0 ? await findRelay(deployment) : null
  const opened = await openWorld(deployment, log, relay ? { relay } : {})
  await opened.agents?.book.refresh()
  return opened
}
