import { createReadStream } from 'node:fs'
import { type Built, buildFilter } from '../../breaches/filter/build.ts'
import { AppError } from '../../errors.ts'
import { seconds, stopwatch } from '../../lib/clock.ts'
import { type ExitCode, type Invocation, Misuse, parse } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'

const PROGRESS_MS = seconds(5)
const CHUNK_BYTES = 1_048_576

/** `postern breach build`: makes the filter file of a downloaded list (docs/breaches.md). Needs no deployment file. */
export async function run({ words, terminal }: Invocation): Promise<ExitCode> {
  const parsed = parse(words, { 'min-count': { type: 'string' } }, { min: 3, max: 3 })
  const [verb, list = '', out = ''] = parsed.positionals
  const minCount = Number(parsed.value('min-count') ?? 1)
  if (verb !== 'build') throw new Misuse('"postern breach" was used wrongly')
  if (!Number.isSafeInteger(minCount) || minCount < 1)
    throw new Misuse('--min-count takes a whole number from 1 on')
  const elapsed = stopwatch()
  const built = await build({ list, out, minCount }, terminal)
  for (const line of report(out, built, minCount, elapsed())) terminal.out(`${line}\n`)
  return 0
}

type Task = { readonly list: string; readonly out: string; readonly minCount: number }

async function build({ list, out, minCount }: Task, terminal: Terminal): Promise<Built> {
  const input = list === '-' ? terminal.input : createReadStream(list, { highWaterMark: CHUNK_BYTES })
  const elapsed = stopwatch()
  let told = 0
  const progress = ({ lines }: { lines: number }): void => {
    if (elapsed() - told < PROGRESS_MS) return
    told = elapsed()
    terminal.err(`${number(lines)} lines read\n`)
  }
  try {
    return await buildFilter({ input, out, minCount, progress })
  } catch (cause) {
    if (cause instanceof AppError || !isOfFiles(cause)) throw cause
    const file = cause.path ?? (cause.syscall === 'read' ? list : out)
    throw new AppError('invalid-input', `${file} cannot be read or written (${cause.code}).`, { cause })
  }
}

const isOfFiles = (cause: unknown): cause is NodeJS.ErrnoException =>
  cause instanceof Error && 'syscall' in cause && 'code' in cause

function report(out: string, built: Built, minCount: number, ms: number): string[] {
  const { lines, taken, below, malformed, first, bytes, falsePositives } = built
  return [
    `${out} holds ${number(taken)} of ${number(lines)} digests in ${number(bytes)} bytes.`,
    ...(below > 0 ? [`Left out, seen fewer than ${number(minCount)} times: ${number(below)}.`] : []),
    ...(malformed > 0
      ? [`Left out, malformed: ${number(malformed)} (the first: line ${first.join(', ')}).`]
      : []),
    `Of passwords that are not on the list it refuses ${(falsePositives * 100).toFixed(3)} % in error.`,
    `It took ${(ms / 1_000).toFixed(1)} s.`,
  ]
}

const number = (value: number): string => value.toLocaleString('en')
