// The core with one small fault at a time: its unit tests must notice more than nine in ten.
import { expect, it } from 'vitest'
import { mutate, type Target, type Tried } from '../rig/mutate.ts'
import { minutes } from './lib/clock.ts'

/** Of all faults tried (security.md, how to test it, 10). */
const SURVIVORS_MAX = 0.1
const WORKERS = 2
const MUTANTS_MAX = 600
const LAST_MS = minutes(20)

const CORE: readonly Target[] = ['step', 'limit', 'policy', 'lib/seal', 'password'].map(name => ({
  path: `src/${name}.ts`,
  test: `src/${name}.test.ts`,
}))

it('is noticed by the unit tests when one small fault is put into the core', async () => {
  const { all, tried } = await mutate(CORE, { workers: WORKERS, most: MUTANTS_MAX, lastMs: LAST_MS })
  const survivors = tried.filter(({ survived }) => survived)
  for (const { path } of CORE) console.log(summary(path, tried))
  console.log(`${tried.length} of ${all} faults tried, ${survivors.length} survived`)
  for (const { mutant } of survivors)
    console.log(`${mutant.path}:${mutant.line} ${mutant.before}  =>  ${mutant.after}`)
  expect(tried.length).toBeGreaterThan(50)
  expect(survivors.length / tried.length).toBeLessThan(SURVIVORS_MAX)
})

function summary(path: string, tried: readonly Tried[]): string {
  const own = tried.filter(({ mutant }) => mutant.path === path)
  return `${path}: ${own.filter(({ survived }) => survived).length} of ${own.length} survived`
}
