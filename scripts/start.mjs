// npm start: installs, builds and starts the demo. One line while it works, then the address.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { install, pinnedNode, root } from './bootstrap.mjs'

console.log('Postern installs and builds (the first time takes about a minute) …')
install()
const built = spawnSync(pinnedNode(), ['scripts/build.ts', '--if-stale', '--quiet'], {
  cwd: root,
  stdio: 'inherit',
})
if (built.status !== 0) process.exit(1)
const demo = spawn(pinnedNode(), [join('dist', 'demo.js')], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => demo.kill(signal))
demo.on('exit', code => process.exit(code ?? 1))
