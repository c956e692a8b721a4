import { type AssignedToken, type Assigning, assignToken } from '../../actions/assign-token.ts'
import { currentSettings } from '../../actions/current-settings.ts'
import type { Imported } from '../../actions/enroll.ts'
import { allTokens, type ListedToken, removeToken, tokensOf } from '../../actions/tokens.ts'
import type { World } from '../../actions/world.ts'
import { AppError } from '../../errors.ts'
import { toRfc3339 } from '../../lib/clock.ts'
import { type ExitCode, type Invocation, Misuse, type Parsed, parse } from '../arguments.ts'
import { openInput } from '../input.ts'
import type { Terminal } from '../terminal.ts'
import { tokenLines } from '../token-file.ts'
import { withWorld } from '../with-world.ts'

const FLAGS = {
  'dry-run': { type: 'boolean' },
  algorithm: { type: 'string' },
  digits: { type: 'string' },
} as const

/** `postern token`: hardware tokens, from the list that came with them to whoever carries them. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, FLAGS, { min: 1, max: 2 })
  const [verb = '', subject] = parsed.positionals
  const deed = deedOf(verb, subject, parsed)
  if (!deed) throw new Misuse('"postern token" was used wrongly')
  return withWorld(invocation, parsed, world => deed(world, invocation.terminal))
}

type Deed = (world: World, terminal: Terminal) => Promise<ExitCode>

function deedOf(verb: string, subject: string | undefined, parsed: Parsed): Deed | null {
  if (verb === 'list') return (world, terminal) => list(world, subject, terminal)
  if (subject === undefined) return null
  if (verb === 'remove') return (world, terminal) => remove(world, subject, terminal)
  if (verb !== 'import') return null
  const assigning = assigningOf(parsed)
  return (world, terminal) => importFile(world, subject, assigning, terminal)
}

/** What a list of tokens does not say and a data sheet does. */
function assigningOf(parsed: Parsed): Assigning {
  const algorithm = parsed.value('algorithm') ?? 'SHA1'
  const digits = parsed.value('digits') ?? '6'
  if (algorithm !== 'SHA1' && algorithm !== 'SHA256') throw new Misuse('--algorithm is SHA1 or SHA256')
  if (digits !== '6' && digits !== '8') throw new Misuse('--digits is 6 or 8')
  return { algorithm, digits: digits === '6' ? 6 : 8, planned: parsed.flag('dry-run') ? [] : null }
}

/** One line of the report for each line of the file, and a sum. A line that was refused makes the exit code 1. */
async function importFile(
  world: World,
  file: string,
  assigning: Assigning,
  terminal: Terminal,
): Promise<ExitCode> {
  const counts = { imported: 0, there_already: 0, refused: 0 }
  for await (const line of tokenLines(await openInput(file, terminal))) {
    const report = line.ok ? await assignOne(world, line.token, assigning) : refused(line.text)
    counts[report.result]++
    const said = report.result === 'imported' ? 'assigned' : report.result
    terminal.out(`line ${line.number}: ${said} ${report.login ?? '-'}: ${report.text}\n`)
  }
  const assigned = `${counts.imported} ${assigning.planned ? 'would be ' : ''}assigned`
  terminal.out(`${assigned}, ${counts.there_already} there already, ${counts.refused} refused\n`)
  await sayWhetherUsed(world, terminal)
  return counts.refused > 0 ? 1 : 0
}

const refused = (text: string): Imported => ({ result: 'refused', login: null, text })

async function assignOne(world: World, token: AssignedToken, assigning: Assigning): Promise<Imported> {
  try {
    return await assignToken(world, token, assigning)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'internal') throw error
    return refused(error.message)
  }
}

async function sayWhetherUsed(world: World, terminal: Terminal): Promise<void> {
  const { methods } = await world.store.read(currentSettings)
  if (methods.includes('hardware_code')) return
  terminal.out(
    'The policy does not list hardware_code under methods: no token counts before it does (postern settings apply).\n',
  )
}

async function list(world: World, login: string | undefined, terminal: Terminal): Promise<ExitCode> {
  let count = 0
  for await (const token of login === undefined ? allTokens(world) : await tokensOf(world, login)) {
    count++
    terminal.out(`${lineOf(token)}\n`)
  }
  if (count === 0) terminal.out('No token is assigned.\n')
  return 0
}

const lineOf = ({ serial, login, manufacturer, model, ...token }: ListedToken): string =>
  [
    serial,
    login,
    [manufacturer, model].filter(name => name !== '').join(' ') || '-',
    token.confirmedAt === null ? 'waits for activation' : `activated ${toRfc3339(token.confirmedAt)}`,
    `last used ${token.lastUsedAt === null ? 'never' : toRfc3339(token.lastUsedAt)}`,
  ].join('  ')

async function remove(world: World, serial: string, terminal: Terminal): Promise<ExitCode> {
  terminal.out(`The token is taken from ${await removeToken(world, serial)}.\n`)
  return 0
}
