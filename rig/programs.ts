// The built programs as processes of their own, with nothing of the tests' surroundings. They end with the test process.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'

export const DIST = fileURLToPath(new URL('../dist/', import.meta.url))

/** The path of a built program. Throws where it was not built. */
function program(name: 'postern' | 'demo'): string {
  const path = join(DIST, `${name}.js`)
  if (!existsSync(path)) throw new Error(`${path} is not there; "npm run build" makes it.`)
  return path
}

const OURS = /^(POSTERN_|NODE_|VITEST|PORT$)/
const namesOfOurs = (): string[] => Object.keys(process.env).filter(name => OURS.test(name))

type Environment = Readonly<Record<string, string>>

export function startProgram(
  name: 'postern' | 'demo',
  words: readonly string[],
  env: Environment = {},
): Child {
  const without = namesOfOurs().flatMap(each => ['-u', each])
  const given = Object.entries(env).map(([each, value]) => `${each}=${value}`)
  return startChild('env', [...without, ...given, process.execPath, program(name), ...words])
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

/** Runs `postern WORDS` to its end. */
export async function postern(words: readonly string[], input = ''): Promise<Ran> {
  const without = namesOfOurs().flatMap(each => ['-u', each])
  const child = spawn('env', [...without, process.execPath, program('postern'), ...words])
  child.stdin.end(input)
  const ended = new Promise<number>(resolve => child.on('close', code => resolve(code ?? -1)))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out, err }
}
