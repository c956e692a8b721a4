// npm run dev: the demo, built and started again whenever a source changes.
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from './build.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Editors save in bursts. */
const SETTLE_MS = 150

let demo: ChildProcess | undefined
let timer: NodeJS.Timeout | undefined
let running = Promise.resolve()

async function restart(): Promise<void> {
  try {
    await build()
  } catch (error) {
    // The old program keeps running until the sources are whole again.
    console.error(error instanceof Error ? error.message : error)
    return
  }
  const old = demo
  if (old && old.exitCode === null) {
    const ended = new Promise(resolve => old.once('exit', resolve))
    old.kill('SIGTERM')
    await ended
  }
  demo = spawn(process.execPath, [join('dist', 'demo.js')], { cwd: root, stdio: 'inherit' })
}

const changed = (): void => {
  clearTimeout(timer)
  timer = setTimeout(() => {
    running = running.then(restart)
  }, SETTLE_MS)
}

for (const folder of ['src', 'locales']) watch(join(root, folder), { recursive: true }, changed)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    demo?.kill(signal)
    process.exit(0)
  })
}
changed()
