#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { enrollHere } from '../agent/enroll.ts'
import { createIdentity, identityPath, openIdentity } from '../agent/identity.ts'
import { systemClock } from '../lib/clock.ts'
import { fingerprintOf, type Halves, ownKeys } from '../lib/key-pair.ts'
import { createLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { type AgentConfig, readAgentConfig } from './agent-config.ts'
import { openAgent } from './agent-run.ts'
import { readFirstLine, type Terminal } from './terminal.ts'

const USAGE = `  postern agent --config FILE                runs, until it is told to stop
  postern agent enroll --config FILE         makes it the agent that was invited; the code comes from standard input
  postern agent fingerprint --config FILE    shows what an administrator confirms
`

/** A sentence for the operator. */
class Mistake extends Error {}

/**
 * The agent's own program: it stands beside the directory, has no database and no pages, and listens on nothing. 0: done.
 * 1: it could not be done. 2: the command line was used wrongly.
 */
export async function main(words: readonly string[], terminal: Terminal): Promise<0 | 1 | 2> {
  const asked = readWords(words)
  if (!asked) {
    terminal.err(USAGE)
    return 2
  }
  try {
    const config = configOf(asked.path)
    if (asked.verb === 'enroll') await enroll(config, terminal)
    else if (asked.verb === 'fingerprint') terminal.out(`${fingerprint(config)}\n`)
    else await run(config)
    return 0
  } catch (error) {
    const isTold =
      error instanceof Error &&
      (error instanceof Mistake || error.constructor === Error || error.name === 'JournalError')
    terminal.err(
      `${isTold ? error.message : `Something went wrong inside the agent: ${error instanceof Error ? error.stack : String(error)}`}\n`,
    )
    return 1
  }
}

const VERBS = ['run', 'enroll', 'fingerprint'] as const

function readWords(words: readonly string[]): { verb: (typeof VERBS)[number]; path: string } | null {
  try {
    const options = { config: { type: 'string' } } as const
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true })
    const verb = VERBS.find(each => each === (positionals[0] ?? 'run'))
    return verb && positionals.length < 2 && values.config !== undefined
      ? { verb, path: values.config }
      : null
  } catch {
    return null
  }
}

function configOf(path: string): AgentConfig {
  const read = readAgentConfig(path)
  if (read.ok) return read.config
  const { mistakes } = read
  const head = `${path} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:`
  throw new Mistake([head, ...mistakes.map(mistake => `- ${mistake}`)].join('\n'))
}

async function enroll(config: AgentConfig, terminal: Terminal): Promise<void> {
  const { server, name, state, transport } = config
  if (existsSync(identityPath(state)))
    throw new Mistake(
      `${identityPath(state)} is there: this agent is enrolled. To enrol it anew, revoke it and remove that file.`,
    )
  if (terminal.input.isTTY) terminal.err('The one-time code of "postern agent invite": ')
  const code = await readFirstLine(terminal)
  const identity = await enrollHere({ server, name, code, transport, clock: systemClock })
  createIdentity(state, identity)
  terminal.err('Enrolled. An administrator confirms this fingerprint, on the server:\n')
  terminal.out(`postern agent confirm ${name} ${printOf(identity.own)}\n`)
}

const fingerprint = (config: AgentConfig): string => printOf(identityOf(config).get().own)

function printOf(own: readonly Halves[]): string {
  const newest = own.at(-1)
  if (!newest) throw new Mistake('The identity of this agent holds no keys.')
  return fingerprintOf(ownKeys(newest).public)
}

function identityOf({ state, name }: AgentConfig) {
  if (!existsSync(identityPath(state)))
    throw new Mistake(
      `There is no ${identityPath(state)}: run "postern agent enroll" first, as the account that the agent runs as.`,
    )
  const identity = openIdentity(state)
  if (identity.get().name !== name)
    throw new Mistake(
      `${identityPath(state)} is of the agent "${identity.get().name}", and the file names "${name}".`,
    )
  return identity
}

async function run(config: AgentConfig): Promise<void> {
  const log = createLog()
  for (const warning of config.warnings) log.warn(warning)
  if (process.getuid?.() === 0) log.warn('the agent runs as root, and needs no right of root')
  const identity = identityOf(config)
  const stopped = untilStopped()
  const agent = await openAgent(config, identity, { clock: systemClock, random: systemRandom, log })
  log.info('the agent runs', { server: config.server, name: config.name, directory: config.directory.name })
  await stopped
  log.info('the agent stops')
  await agent.stop()
}

const untilStopped = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), {
    input: process.stdin,
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
  })
}
