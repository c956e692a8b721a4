// Tries mutants one at a time: each in a copy of the source, against the unit test of its file.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from './child.ts'
import { type Mutant, mutantsOf, mutated } from './mutants.ts'
import { seededRandom } from './random.ts'
import { parseSource, root } from './source.ts'

/** A test that runs so long was caught by the fault: it never ends. */
const ENDLESS_MS = 60_000

export type Target = { readonly path: string; readonly test: string }

export type Tried = { readonly mutant: Mutant; readonly survived: boolean }

export type Mutation = {
  /** How many mutants there are, tried or not. */
  readonly all: number
  readonly tried: readonly Tried[]
}

/**
 * At most `most` mutants, evenly drawn by a fixed seed, and no new one after `lastMs`. Throws where a test fails
 * without any fault.
 */
export async function mutate(
  targets: readonly Target[],
  { workers, most, lastMs }: { workers: number; most: number; lastMs: number },
): Promise<Mutation> {
  const all = targets.flatMap(({ path, test }) =>
    mutantsOf(parseSource(path, readFileSync(join(root, path), 'utf8'))).map(mutant => ({ mutant, test })),
  )
  const left = drawn(all, most)
  const tried: Tried[] = []
  const end = performance.now() + lastMs
  const work = async (index: number): Promise<void> => {
    const copy = copyOfSource(`mutate${index}`)
    try {
      for (const { test } of targets)
        if (!(await passes(copy.path, test))) throw new Error(`${test} fails without any fault`)
      for (let next = left.pop(); next && performance.now() < end; next = left.pop())
        tried.push({ mutant: next.mutant, survived: await survives(copy.path, next.mutant, next.test) })
    } finally {
      copy.remove()
    }
  }
  await Promise.all(Array.from({ length: workers }, (_, index) => work(index)))
  return { all: all.length, tried }
}

function drawn<T>(list: readonly T[], most: number): T[] {
  const random = seededRandom('mutants')
  return list
    .map(each => ({ each, at: random.below(2 ** 31) }))
    .sort((a, b) => a.at - b.at)
    .slice(0, most)
    .map(({ each }) => each)
}

/** Everything that unit tests read; what is installed is shared with the original. */
const COPIED = ['src', 'rig', 'locales', 'package.json', 'tsconfig.json', 'vitest.config.ts']

function copyOfSource(name: string) {
  const folder = tempFolder(name)
  for (const each of COPIED) cpSync(join(root, each), join(folder.path, each), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
  return folder
}

async function survives(folder: string, mutant: Mutant, test: string): Promise<boolean> {
  const file = join(folder, mutant.path)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, mutated(text, mutant))
  try {
    return await passes(folder, test)
  } finally {
    writeFileSync(file, text)
  }
}

async function passes(folder: string, test: string): Promise<boolean> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'tests', '--bail', '1', test]
  // A process group of its own: a fault may make the process of the test itself run for ever.
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true })
  const endless = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), ENDLESS_MS)
  const [code] = await once(child, 'exit')
  clearTimeout(endless)
  return code === 0
}
