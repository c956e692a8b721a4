// One step of a check: a program that says yes by its exit code. Its output shows as it comes.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export type Count = { readonly passed: number; readonly failed: number }

/** Runs a program of node_modules (or a script of ours) on this Node, and counts it as one test. */
export function runStep(title: string, script: string, args: readonly string[] = []): Count {
  const from = performance.now()
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const passed = status === 0
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${title} (${((performance.now() - from) / 1_000).toFixed(1)} s)`)
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** The scripts of pages know a browser and no Node, so they have a project of their own. */
const PROJECTS = ['.', 'src/web/browser']

export const checkTypes = (): Count[] =>
  PROJECTS.filter(project => existsSync(join(root, project, 'tsconfig.json'))).map(project =>
    runStep(`types of ${project}`, 'node_modules/typescript/bin/tsc', ['-p', project]),
  )

export const checkStyle = (): Count =>
  runStep('format and lint', 'node_modules/@biomejs/biome/bin/biome', [
    'ci',
    '--colors=off',
    '--error-on-warnings',
  ])

/** The last line of every check, for people and for machines; the exit code says the same. */
export function finish(counts: readonly Count[]): void {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
