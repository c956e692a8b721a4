// node scripts/on-node.mjs FILE [ARG ...]: installs when needed, then runs FILE on the pinned Node.
import { spawn } from 'node:child_process'
import { install, isInstalled, pinnedNode, root } from './bootstrap.mjs'

if (!isInstalled()) console.log('Postern installs what its lockfile names (once, about a minute) …')
install()
const child = spawn(pinnedNode(), process.argv.slice(2), { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
