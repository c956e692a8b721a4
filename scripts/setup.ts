// Installs the Debian packages that the tests need and this machine lacks. With everything present: a few milliseconds.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** 4.17 of Samba and 2.5 of slapd are what Debian 12 has; a newer Debian brings newer ones. */
const PACKAGES = [
  'slapd',
  'ldap-utils',
  'samba',
  'samba-dsdb-modules',
  'samba-vfs-modules',
  'samba-ad-provision',
  'postgresql-15',
  'openssl',
  'chromium',
  'fonts-noto-core',
  'fonts-noto-cjk',
  'util-linux',
  'iproute2',
]

/** Ends the process with one sentence where something is missing and may not be installed. */
export function setup(): void {
  const missing = missingPackages()
  if (missing.length === 0) return
  if (!hasCommand('apt-get'))
    stop(`needs what Debian calls ${missing.join(', ')}, and this machine has no apt-get`)
  if (process.getuid?.() !== 0) stop(`needs root once, to install ${missing.join(', ')}`)
  console.log(`Installing ${missing.join(', ')} for the tests (once, about two minutes) …`)
  withoutStarting(() => {
    apt('update', '-qq')
    apt('install', '-y', '-qq', '--no-install-recommends', '--no-upgrade', ...missing)
  })
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
const FORMAT = '-f=${Package} ${db:Status-Status}\\n'

function missingPackages(): string[] {
  const asked = spawnSync('dpkg-query', ['-W', FORMAT, ...PACKAGES], { encoding: 'utf8' })
  const installed = new Set((asked.stdout ?? '').split('\n').filter(line => line.endsWith(' installed')))
  return PACKAGES.filter(name => !installed.has(`${name} installed`))
}

const hasCommand = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0

/** Debian starts a service when its package is installed; the tests start their own, on loopback only. */
function withoutStarting(install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    if (ours) rmSync(policy)
  }
}

function apt(...args: readonly string[]): void {
  const ran = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=600', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (ran.status === 0) return
  process.stderr.write(`${ran.stdout}${ran.stderr}`)
  throw new Error(`apt-get ${args[0]} failed`)
}

function stop(why: string): never {
  console.error(`npm test ${why}.`)
  process.exit(1)
}

if (import.meta.main) setup()
