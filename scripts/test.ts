// npm test: everything that must hold before a change goes in. `faults` and `long` run the suites of that name.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Count, checkStyle, checkTypes, finish, root, runStep } from './run-step.ts'
import { setup } from './setup.ts'

const SUITES = ['tests', 'faults', 'long'] as const
type Suite = (typeof SUITES)[number]

const suite = SUITES.find(name => name === (process.argv[2] ?? 'tests'))
if (!suite) {
  console.error(`npm test knows ${SUITES.join(', ')}, not ${process.argv[2]}.`)
  process.exit(1)
}
setup()
const built = existsSync(join(root, 'scripts/build.ts')) ? [runStep('build', 'scripts/build.ts')] : []
const checked = suite === 'tests' ? [...checkTypes(), checkStyle()] : []
finish([...built, ...checked, runTests(suite)])

/** What vitest's JSON reporter writes, as far as it is read here. */
type Report = {
  readonly numPassedTests: number
  readonly numTotalTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** A skipped test counts as failed, as does a file that could not be loaded, and a run that ends badly after all. */
function runTests(name: Suite): Count {
  const folder = mkdtempSync(join(tmpdir(), 'postern-test-'))
  const file = join(folder, 'report.json')
  const args = [
    'run',
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    // Long runs measure times: no two of them at once.
    ...(name === 'long' ? ['--no-file-parallelism'] : []),
  ]
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  // as: the file is vitest's own, written a moment ago
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null
  rmSync(folder, { recursive: true, force: true })
  if (!report) return { passed: 0, failed: 1 }
  const unloaded = report.testResults.filter(
    each => each.status === 'failed' && each.assertionResults.length === 0,
  )
  const failed = report.numTotalTests - report.numPassedTests + unloaded.length
  return {
    passed: report.numPassedTests,
    failed: status !== 0 || report.numTotalTests === 0 ? Math.max(failed, 1) : failed,
  }
}
