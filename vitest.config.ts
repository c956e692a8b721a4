import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Servers of tests die with the process that started them: hence processes and no threads. */
const suite = (name: string, include: readonly string[], timeoutMinutes: number) => ({
  extends: true as const,
  test: {
    name,
    include: [...include],
    testTimeout: timeoutMinutes * 60_000,
    hookTimeout: Math.max(timeoutMinutes, 1.5) * 60_000,
  },
})

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    environment: 'node',
    retry: 0,
    allowOnly: false,
    setupFiles: ['rig/fixed-seed.ts'],
    passWithNoTests: false,
    projects: [
      suite('tests', ['{src,rig,scripts,e2e}/**/*.test.{ts,tsx}'], 1),
      suite('faults', ['{src,rig,e2e}/**/*.faults.{ts,tsx}'], 2),
      suite('long', ['{src,rig,e2e}/**/*.long.{ts,tsx}'], 60),
    ],
  },
})
