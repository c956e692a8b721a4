import { type ParseArgsConfig, parseArgs } from 'node:util'
import { AppError } from '../errors.ts'
import { type Deployment, readDeployment } from './config.ts'
import type { Environment } from './config-env.ts'
import type { Terminal } from './terminal.ts'

/** The command line was used wrongly: exit code 2 and the usage of the command. */
export class Misuse extends Error {}

/** What every command is given. `words`: what stands behind the command's name. */
export type Invocation = {
  readonly words: readonly string[]
  readonly env: Environment
  readonly terminal: Terminal
}

/** 0: done. 1: it could not be done. */
export type ExitCode = 0 | 1
export type Run = (invocation: Invocation) => Promise<ExitCode>

type Flags = Readonly<Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>>

export type Parsed = {
  readonly positionals: readonly string[]
  flag(name: string): boolean
  value(name: string): string | undefined
  values(name: string): readonly string[]
}

/** Reads flags beside `--config FILE`; throws Misuse for what is unknown, and where fewer or more words are left. */
export function parse(words: readonly string[], flags: Flags, count: { min: number; max: number }): Parsed {
  const options: ParseArgsConfig['options'] = { config: { type: 'string' }, ...flags }
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new Misuse(error instanceof Error ? (error.message.split('. ')[0] ?? '') : '')
  }
  const { positionals, values } = parsed
  if (positionals.length < count.min) throw new Misuse('Something is missing on the command line')
  if (positionals.length > count.max) throw new Misuse(`"${positionals[count.max]}" is one word too many`)
  const list = (name: string): string[] =>
    [values[name] ?? []].flat().filter(value => typeof value === 'string')
  return { positionals, flag: name => values[name] === true, value: name => list(name)[0], values: list }
}

/** The deployment that `--config` or POSTERN_CONFIG names; all its mistakes in one AppError. */
export function deploymentOf({ env }: Invocation, parsed: Parsed): Deployment {
  const path = parsed.value('config') ?? env['POSTERN_CONFIG'] ?? null
  const read = readDeployment(path, env)
  if (read.ok) return read.deployment
  const where = path === null ? 'No deployment file is named (--config FILE), and the environment' : path
  const head = `${where} has ${read.mistakes.length === 1 ? 'a mistake' : `${read.mistakes.length} mistakes`}:`
  throw new AppError('invalid-input', [head, ...read.mistakes.map(mistake => `- ${mistake}`)].join('\n'))
}
