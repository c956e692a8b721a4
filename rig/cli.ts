// A deployment of its own in a folder, and the operator's commands run in it.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { createKeyFile, newRing } from '../src/cmd/key-file.ts'
import { main } from '../src/cmd/main.ts'
import { tempFolder } from './child.ts'
import { seededRandom } from './random.ts'

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

type Command = (
  words: readonly string[],
  input?: string,
  env?: Readonly<Record<string, string>>,
) => Promise<Ran>

export type Cli = {
  readonly folder: string
  readonly config: string
  readonly database: string
  /** `postern WORDS --config …` in this process, which is ten times as quick. */
  readonly run: Command
  /** The same as a process of its own. */
  readonly spawn: Command
  remove(): void
}

const SOURCE = fileURLToPath(new URL('../src/cmd/main.ts', import.meta.url))
/** What `npm run build` made: pages are TSX, which only the build can run. */
export const BUILT = fileURLToPath(new URL('../dist/postern.js', import.meta.url))

/** The built-in directory over SQLite. `change` replaces keys of the deployment file. */
export function openCli(change: Readonly<Record<string, unknown>> = {}): Cli {
  const folder = tempFolder('cli')
  const config = join(folder.path, 'postern.yaml')
  createKeyFile(join(folder.path, 'keys.json'), newRing(seededRandom('cli'), 0))
  writeFileSync(config, stringify({ ...DEPLOYMENT, ...change }))
  return {
    folder: folder.path,
    config,
    database: join(folder.path, 'data', 'postern.db'),
    run: (words, input = '', env = {}) => runHere(withConfig(words, config), input, env),
    spawn: (words, input = '', env = {}) => spawnPostern(withConfig(words, config), input, env),
    remove: () => folder.remove(),
  }
}

const DEPLOYMENT = {
  public_url: 'http://localhost:8080',
  listen: '127.0.0.1:0',
  data: 'data',
  key_file: 'keys.json',
  help: { name: 'Helpdesk', telephone: '+41 44 000 00 00', hours: '8–18', url: 'https://help.example.org' },
  mail: { host: '127.0.0.1', port: 9, from: 'Example <reset@example.test>' },
  directories: [{ name: 'local', kind: 'builtin', domains: ['example.test'] }],
}

const withConfig = ([command = 'help', ...rest]: readonly string[], config: string): string[] => [
  command,
  '--config',
  config,
  ...rest,
]

type Environment = Readonly<Record<string, string>>

async function runHere(words: readonly string[], input: string, env: Environment): Promise<Ran> {
  const text = { out: '', err: '' }
  const terminal = {
    input: Readable.from([Buffer.from(input)]),
    out: (more: string) => {
      text.out += more
    },
    err: (more: string) => {
      text.err += more
    },
  }
  const code = await main(words, { env, terminal })
  return { code, ...text }
}

function spawnPostern(words: readonly string[], input: string, env: Environment): Promise<Ran> {
  const child = spawn(process.execPath, [SOURCE, ...words], { env: { ...process.env, ...env } })
  const text = { out: '', err: '' }
  child.stdout.on('data', chunk => {
    text.out += chunk
  })
  child.stderr.on('data', chunk => {
    text.err += chunk
  })
  child.stdin.on('error', () => {}) // a command that reads nothing may be gone before it was written to
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, ...text }))
  })
}

/** Nobody answers there: tests ask no resolver of the machine. */
export const NO_DNS = ['--dns-server', '127.0.0.1:9'] as const
