// Runs on whatever Node the machine has (20 or later): installs from the lockfile when it changed, and
// names the Node that the lockfile pins. npm runs no pre-scripts here (.npmrc), so every script starts with this.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules/.postern-lock')

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

export const isInstalled = () =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === lockDigest() && existsSync(pinnedNode())

/** Installs exactly what the lockfile says; ends the process with npm's own words when that fails. */
export function install() {
  if (isInstalled()) return
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const ran = spawnSync(npm, ['ci', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (ran.status !== 0) {
    process.stderr.write(`${ran.stdout ?? ''}${ran.stderr ?? ''}Postern could not install: npm ci failed.\n`)
    process.exit(1)
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(stamp, lockDigest())
}

/** The Node 24 that came with the lockfile for this platform; the running one where it is new enough. */
export function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const pinned = join(root, `node_modules/node-${platform}-${process.arch}/bin/${binary}`)
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return pinned
}
