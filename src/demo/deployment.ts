import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Deployment } from '../cmd/config-types.ts'
import { createKeyFile, newRing, readKeyFile } from '../cmd/key-file.ts'
import { besideProgram, DEMO_MARK } from '../cmd/wire.ts'
import type { Help } from '../help.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import type { Key } from '../lib/seal.ts'
import { PROFILES } from '../settings.ts'
import { SAMPLE_DOMAIN } from './people.ts'
import { DEMO_DIRECTORY } from './seed.ts'

export const DEMO_HELP: Help = {
  name: 'The sample helpdesk',
  telephone: '+00 000 000 000',
  hours: 'Mon–Fri 8–17',
  url: `https://help.${SAMPLE_DOMAIN}/`,
}

export const DEMO_ASSETS = besideProgram('demo-assets', '../../dist/demo-assets')

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/** Where the demo stands, from PORT, POSTERN_DATA, POSTERN_LISTEN and POSTERN_CLOCK_FILE. */
export type Place = {
  readonly port: number
  readonly host: string
  /** Further hosts that may be asked for, where the demo was opened to more than this computer. */
  readonly widened: readonly string[]
  readonly publicUrl: string
  readonly folder: string
  readonly database: string
  readonly passwords: string
  readonly clockFile: string | undefined
  readonly banner: string
}

export function readPlace(environment: NodeJS.ProcessEnv): Place {
  const port = Number(environment['PORT'] ?? 8080)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new RangeError('PORT must be a number from 1 to 65535.')
  const host = environment['POSTERN_LISTEN'] ?? '127.0.0.1'
  const folder = resolve(environment['POSTERN_DATA'] ?? 'data')
  const isWide = !LOOPBACK.includes(host)
  return {
    port,
    host,
    widened: isWide ? [`${host}:${port}`] : [],
    publicUrl: `http://localhost:${port}`,
    folder,
    database: join(folder, 'postern.db'),
    passwords: join(folder, 'passwords.sealed'),
    clockFile: environment['POSTERN_CLOCK_FILE'],
    banner: isWide
      ? 'This is the demo, and it is open to other computers: sample people, sample passwords. Never use it for real accounts.'
      : 'This is the demo: sample people on this computer alone.',
  }
}

/** Marks the folder, so that `postern serve` never opens it, and makes a key ring of its own on the first start. */
export function openFolder(folder: string): readonly Key[] {
  const file = join(folder, 'keys.json')
  if (existsSync(join(folder, 'postern.db')) && !existsSync(join(folder, DEMO_MARK))) {
    throw new Error(`${folder} is not a folder of the demo; POSTERN_DATA names another one.`)
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, DEMO_MARK), 'Sample people. Delete this folder to start afresh.\n')
  if (!existsSync(file)) createKeyFile(file, newRing(systemRandom, systemClock.now()))
  const read = readKeyFile(file)
  if (!read.ok) throw new Error(read.mistakes.join('\n'))
  return read.ring
}

/** No directory but the built-in one, no public URL, loopback believed as a proxy (decisions 2.5, 7.1). */
export function demoDeployment({ publicUrl, port, host, folder, database }: Place): Deployment {
  return {
    publicUrl,
    listen: { host, port },
    tls: null,
    trustedProxies: ['127.0.0.1', '::1'],
    storage: { kind: 'sqlite', folder, file: database },
    keyFile: join(folder, 'keys.json'),
    ring: openFolder(folder),
    profile: PROFILES.standard,
    help: DEMO_HELP,
    mail: {
      host: 'localhost',
      port: 25,
      tls: 'starttls',
      ca: undefined,
      login: undefined,
      from: `postern@${SAMPLE_DOMAIN}`,
    },
    botCheck: { kind: 'altcha' },
    directories: [{ name: DEMO_DIRECTORY, kind: 'builtin', domains: [SAMPLE_DOMAIN] }],
    breach: { filterFile: null, range: null },
    oidc: null,
    passkeys: { rpId: new URL(publicUrl).hostname },
    applications: [],
    outbound: { allowPrivate: [] },
    warnings: [],
  }
}

export async function listenAt(app: FastifyInstance, { host, port }: Place): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new Error(`The demo cannot listen at ${host}:${port} (${code}); PORT names another port.`, {
      cause,
    })
  }
}
