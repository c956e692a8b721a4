import { readFileSync } from 'node:fs'
import { applySettings, readSettings, type SettingsChange } from '../../actions/administer.ts'
import type { World } from '../../actions/world.ts'
import { AppError } from '../../errors.ts'
import { type ExitCode, type Invocation, Misuse, type Parsed, parse } from '../arguments.ts'
import { differences } from '../differences.ts'
import { readPolicy, writePolicy } from '../policy-document.ts'
import { readAll, type Terminal } from '../terminal.ts'
import { withWorld } from '../with-world.ts'

const FLAGS = {
  'dry-run': { type: 'boolean' },
  expect: { type: 'string' },
  'allow-unknown-groups': { type: 'boolean' },
} as const

/** `postern settings`: writes out the policy, or puts another one in force (decisions 7.4). */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const parsed = parse(invocation.words, FLAGS, { min: 1, max: 2 })
  const [verb, file] = parsed.positionals
  if (verb === 'export' && file === undefined) {
    return withWorld(invocation, parsed, world => exportPolicy(world, invocation.terminal))
  }
  if (verb !== 'apply' || file === undefined) throw new Misuse('"postern settings" was used wrongly')
  const change = { ...(await readChange(file, invocation.terminal)), ...flagsOf(parsed) }
  return withWorld(invocation, parsed, world => apply(world, change, invocation.terminal))
}

async function exportPolicy(world: World, terminal: Terminal): Promise<ExitCode> {
  const { version, settings } = await readSettings(world)
  terminal.out(writePolicy(settings, headingOf(version)))
  return 0
}

const headingOf = (version: number): string =>
  version === 0
    ? 'Postern policy: the defaults, nothing was applied yet'
    : `Postern policy, version ${version}`

async function readChange(file: string, terminal: Terminal): Promise<Pick<SettingsChange, 'settings'>> {
  const read = readPolicy(file === '-' ? await readAll(terminal) : readText(file))
  if (read.ok) return { settings: read.settings }
  throw mistakes(read.mistakes)
}

/** The text of a file that the operator named. Throws `invalid-input` where it cannot be read. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('invalid-input', `${file} cannot be read.`, { cause })
  }
}

function flagsOf(parsed: Parsed): Omit<SettingsChange, 'settings'> {
  const text = parsed.value('expect')
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw new Misuse('--expect takes the number of a version')
  return {
    expected: text === undefined ? null : Number(text),
    allowUnknownGroups: parsed.flag('allow-unknown-groups'),
    dryRun: parsed.flag('dry-run'),
  }
}

async function apply(world: World, change: SettingsChange, terminal: Terminal): Promise<ExitCode> {
  const applied = await applySettings(world, change)
  if (!applied.ok) throw mistakes(applied.mistakes)
  for (const name of applied.unasked) {
    terminal.err(`The directory ${name} could not say whether every group of the policy is its own.\n`)
  }
  const before = writePolicy(applied.before.settings, '').split('\n')
  terminal.out(differences(before, writePolicy(change.settings, '').split('\n')))
  terminal.out(
    change.dryRun
      ? 'Nothing was changed (--dry-run).\n'
      : `Version ${applied.version} of the policy is in force.\n`,
  )
  return 0
}

const mistakes = (sentences: readonly string[]): AppError =>
  new AppError('invalid-input', ['The policy was not applied:', ...sentences].join('\n- '))
