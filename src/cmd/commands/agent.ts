import { pathToFileURL } from 'node:url'
import { rollOwnKeys } from '../../actions/agent-rounds.ts'
import {
  askAgentToRoll,
  confirmAgent,
  inviteAgent,
  type ListedAgent,
  listAgents,
  revokeAgent,
} from '../../actions/agents.ts'
import type { World } from '../../actions/world.ts'
import { AppError } from '../../errors.ts'
import { toRfc3339 } from '../../lib/clock.ts'
import { deploymentOf, type ExitCode, type Invocation, Misuse, type Parsed, parse } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'
import { besideProgram } from '../wire.ts'
import { withWorld } from '../with-world.ts'

/** Words of the agent's own program, which runs beside the directory. */
const ITS_OWN = [undefined, 'enroll', 'fingerprint', 'run']

/** `postern agent`: who answers for a directory that only dials out. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const {
    positionals: [first],
  } = parse(invocation.words, {}, { min: 0, max: 9 })
  if (ITS_OWN.includes(first)) return await handOver(invocation)
  const parsed = parse(invocation.words, {}, { min: 1, max: 3 })
  const [verb = '', ...rest] = parsed.positionals
  const deed = deedOf(verb, rest)
  if (!deed) throw new Misuse('"postern agent" was used wrongly')
  if (verb === 'invite') checkDirectory(invocation, parsed, rest[0])
  await withWorld(invocation, parsed, async world => {
    await deed(world, invocation.terminal)
    return 0
  })
  return 0
}

/** An agent of a directory that is reached otherwise would never be asked. */
function checkDirectory(invocation: Invocation, parsed: Parsed, directory: string | undefined): void {
  const { directories } = deploymentOf(invocation, parsed)
  const found = directories.find(({ name }) => name === directory)
  if (found && found.kind !== 'agent')
    throw new AppError('invalid-input', `The directory "${found.name}" is not behind agents (kind: agent).`)
}

/** A program of its own, so that nothing of it is in this one, and nothing of this one in it: found by its address. */
async function handOver({ words, terminal }: Invocation): Promise<ExitCode> {
  const address = pathToFileURL(besideProgram('agent.js', './agent.ts'))
  // as: the one program that lies there.
  const { main } = (await import(address.href)) as {
    main: (words: readonly string[], terminal: Terminal) => Promise<ExitCode | 2>
  }
  const code = await main(words, terminal)
  if (code === 2) throw new Misuse('"postern agent" was used wrongly')
  return code
}

type Deed = (world: World, terminal: Terminal) => Promise<void>

function deedOf(verb: string, [first, second, ...more]: readonly string[]): Deed | null {
  if (more.length > 0) return null
  if (verb === 'invite' && first !== undefined && second !== undefined)
    return (world, terminal) => invite(world, { directory: first, name: second }, terminal)
  if (verb === 'confirm' && first !== undefined && second !== undefined)
    return (world, terminal) => confirm(world, first, second, terminal)
  if (second !== undefined) return null
  if (verb === 'list' && first === undefined) return list
  if (verb === 'revoke' && first !== undefined) return (world, terminal) => revoke(world, first, terminal)
  return verb === 'roll' ? (world, terminal) => roll(world, first, terminal) : null
}

async function invite(
  world: World,
  invited: { readonly directory: string; readonly name: string },
  terminal: Terminal,
): Promise<void> {
  const { code, expiresAt } = await inviteAgent(world, invited)
  terminal.err(`The code is good once, until ${toRfc3339(expiresAt)}, and is not shown again:\n`)
  terminal.out(`${code}\n`)
}

async function confirm(world: World, name: string, fingerprint: string, terminal: Terminal): Promise<void> {
  const { directory } = await confirmAgent(world, name, fingerprint)
  terminal.out(`The agent ${name} answers for the directory ${directory} from now on.\n`)
}

async function revoke(world: World, name: string, terminal: Terminal): Promise<void> {
  await revokeAgent(world, name)
  terminal.out(`The agent ${name} is revoked. Servers cut it off within seconds.\n`)
}

async function roll(world: World, name: string | undefined, terminal: Terminal): Promise<void> {
  if (name === undefined) {
    await world.store.transact(tx => rollOwnKeys(world, tx, 'operator'))
    terminal.out('The server has new keys. Agents learn of them within seconds, or when they connect next.\n')
    return
  }
  await askAgentToRoll(world, name)
  terminal.out(`The agent ${name} makes new keys now, or when it connects next.\n`)
}

async function list(world: World, terminal: Terminal): Promise<void> {
  const agents = await listAgents(world)
  if (agents.length === 0) terminal.out('There is no agent.\n')
  for (const agent of agents) terminal.out(linesOf(agent))
}

function linesOf({ name, directory, state, fingerprint, heartbeat }: ListedAgent): string {
  const findings = heartbeat?.findings ?? []
  const parts = [
    ...[name, directory, state.replaceAll('_', ' '), fingerprint],
    ...(heartbeat
      ? [
          `version ${heartbeat.version}`,
          `seen ${toRfc3339(heartbeat.at)}`,
          `clock ${heartbeat.clockOffsetMs} ms`,
          ...(heartbeat.writable ? [] : ['cannot write']),
          ...(heartbeat.paused ? ['paused: unusually many writes'] : []),
        ]
      : ['never seen']),
  ]
  return [parts.join('  '), ...findings.map(({ level, text }) => `  ${level}: ${text}`), ''].join('\n')
}
