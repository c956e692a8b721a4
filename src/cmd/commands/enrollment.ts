import { createInterface } from 'node:readline'
import { type Imported, importLine } from '../../actions/enroll.ts'
import {
  enableEnrollments,
  type Listed,
  listEnrollments,
  removeEnrollment,
} from '../../actions/enrollments.ts'
import type { World } from '../../actions/world.ts'
import { AppError } from '../../errors.ts'
import { type Instant, toRfc3339 } from '../../lib/clock.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import { openInput } from '../input.ts'
import type { Terminal } from '../terminal.ts'
import { withWorld } from '../with-world.ts'

/** `postern enrollment`: what people have registered, seen and set from outside (decisions 7.5). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, { 'dry-run': { type: 'boolean' } }, { min: 2, max: 3 })
  const [verb = '', subject = '', id] = parsed.positionals
  const { terminal } = invocation
  const deed = deedOf(verb, subject, id, parsed.flag('dry-run'))
  if (!deed) throw new Misuse('"postern enrollment" was used wrongly')
  return withWorld(invocation, parsed, world => deed(world, terminal))
}

type Deed = (world: World, terminal: Terminal) => Promise<ExitCode>

function deedOf(verb: string, subject: string, id: string | undefined, dryRun: boolean): Deed | null {
  if (verb === 'remove' && id !== undefined) return (world, terminal) => remove(world, subject, id, terminal)
  if (id !== undefined) return null
  if (verb === 'import') return (world, terminal) => importFile(world, subject, dryRun, terminal)
  if (verb === 'list') return (world, terminal) => list(world, subject, terminal)
  return verb === 'enable' ? (world, terminal) => enable(world, subject, terminal) : null
}

/** One line of the report for each line of the file, and a sum. A line that was refused makes the exit code 1. */
async function importFile(
  world: World,
  file: string,
  dryRun: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const counts = { imported: 0, there_already: 0, refused: 0 }
  let number = 0
  for await (const line of createInterface({ input: await openInput(file, terminal) })) {
    number++
    if (line.trim() === '') continue
    const report = await importOne(world, line, dryRun)
    counts[report.result]++
    terminal.out(`line ${number}: ${report.result} ${report.login ?? '-'}: ${report.text}\n`)
  }
  const { imported, there_already, refused } = counts
  terminal.out(
    `${imported} ${dryRun ? 'would be ' : ''}imported, ${there_already} there already, ${refused} refused\n`,
  )
  return refused > 0 ? 1 : 0
}

async function importOne(world: World, line: string, dryRun: boolean): Promise<Imported> {
  try {
    return await importLine(world, line, dryRun)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'internal') throw error
    return { result: 'refused', login: null, text: error.message }
  }
}

async function list(world: World, login: string, terminal: Terminal): Promise<ExitCode> {
  const enrollments = await listEnrollments(world, login)
  if (enrollments.length === 0) terminal.out('Nothing is registered.\n')
  for (const enrollment of enrollments) terminal.out(`${lineOf(enrollment)}\n`)
  return 0
}

const lineOf = (one: Listed): string =>
  [
    one.id,
    one.method,
    `source ${one.source}`,
    ...(one.hint === null ? [] : [one.hint]),
    ...(one.serial === null ? [] : [`serial ${one.serial}`]),
    one.isWaiting ? 'waits for activation' : `confirmed ${moment(one.confirmedAt)}`,
    ...(one.isWaiting ? [] : [`usable from ${moment(one.usableAt)}`]),
    `last used ${moment(one.lastUsedAt)}`,
    `failures ${one.failures.known} known, ${one.failures.strangers} strangers`,
  ].join('  ')

const moment = (at: Instant | null): string => (at === null ? 'never' : toRfc3339(at))

async function remove(world: World, login: string, id: string, terminal: Terminal): Promise<ExitCode> {
  await removeEnrollment(world, login, id)
  terminal.out(`${id} is removed.\n`)
  return 0
}

async function enable(world: World, login: string, terminal: Terminal): Promise<ExitCode> {
  const woken = await enableEnrollments(world, login)
  terminal.out(woken === 0 ? 'No enrollment had any failures.\n' : `Enrollments woken: ${woken}.\n`)
  return 0
}
