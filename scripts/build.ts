// npm run build: dist/postern.js, dist/demo.js, dist/agent.js, what browsers load, and the texts. `--if-stale` builds only when an
// input changed; `--quiet` prints nothing but errors.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RolldownBuild, rolldown } from 'rolldown'
import { buildAssets } from './build-assets.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const stamp = join(dist, '.inputs')

/**
 * The demo is a build of its own: nothing of it lies in what `serve` loads (decisions 7.1). So is the agent, which has
 * neither pages nor a database (decisions 5.4).
 */
export const PROGRAMS = {
  postern: 'src/cmd/main.ts',
  demo: 'src/demo/main.ts',
  agent: 'src/cmd/agent.ts',
} as const

const INPUTS = ['src', 'locales', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']

/**
 * Builds everything beside `dist`, and puts it in its place when it is whole: whoever runs the old one meanwhile finds
 * it complete. Throws where a program does not build.
 */
export async function build(): Promise<void> {
  const inputs = inputsDigest()
  const fresh = join(root, `node_modules/.postern-build-${process.pid}`)
  try {
    cpSync(join(root, 'locales'), join(fresh, 'locales'), { recursive: true })
    const from = join(root, 'src/web/browser')
    await buildAssets({ from, to: join(fresh, 'assets'), demo: false })
    await buildAssets({ from, to: join(fresh, 'demo-assets'), demo: true })
    await Promise.all(Object.entries(PROGRAMS).map(([name, entry]) => buildProgram(name, entry, fresh)))
    writeFileSync(join(fresh, '.inputs'), inputs)
    rmSync(dist, { recursive: true, force: true })
    renameSync(fresh, dist)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

export const isStale = (): boolean => !existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputsDigest()

/** What is no JavaScript, or not installed: loaded by its own name where it is asked for. */
const EXTERNAL = /^(node:|@node-rs\/|pg-native$)/

/**
 * One program with its packages inside: it starts with a third less work than from hundreds of small files. Not
 * minified, so that a stack in the log can be read.
 */
export const bundleProgram = (entry: string): Promise<RolldownBuild> =>
  rolldown({
    cwd: root,
    input: entry,
    platform: 'node',
    external: EXTERNAL,
    onLog: (level, log) => {
      if (level === 'warn') console.warn(log.message)
    },
  })

async function buildProgram(name: string, entry: string, to: string): Promise<void> {
  const bundle = await bundleProgram(entry)
  // Chunks lie beside the program, so that both find the same files by their own address.
  await bundle.write({
    dir: to,
    entryFileNames: `${name}.js`,
    chunkFileNames: `${name}-[name].js`,
    format: 'esm',
  })
  await bundle.close()
}

/** What the build was made from: names and contents of all inputs. */
function inputsDigest(): string {
  const hash = createHash('sha256').update(process.version)
  for (const file of INPUTS.flatMap(filesUnder)) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function filesUnder(path: string): string[] {
  const full = join(root, path)
  if (!existsSync(full)) return []
  if (path.includes('.json')) return [full]
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/\.(test|faults|long)\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isQuiet = process.argv.includes('--quiet')
  if (!process.argv.includes('--if-stale') || isStale()) {
    const from = performance.now()
    await build()
    if (!isQuiet) console.log(`built in ${((performance.now() - from) / 1_000).toFixed(1)} s`)
  } else if (!isQuiet) console.log('nothing changed since the last build')
}
