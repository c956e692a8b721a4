import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesIn, leaks } from '../../rig/canary.ts'
import { tempFolder } from '../../rig/child.ts'
import { fakeClock } from '../../rig/clock.ts'
import type { CrashOrder } from '../../rig/crash-child.ts'
import { configOf } from '../../rig/openldap.ts'
import { type Postgres, startPostgres } from '../../rig/postgres.ts'
import { type Samba, startSamba } from '../../rig/samba.ts'
import { type Slapd, startSlapd } from '../../rig/slapd.ts'
import { testWorld } from '../../rig/world.ts'
import { sambaConfig } from '../directories/conformance-samba.ts'
import { createLdapDirectory, type LdapConfig } from '../directories/ldap.ts'
import type { Directory } from '../directory.ts'
import { minutes, systemClock } from '../lib/clock.ts'
import { exportAudit } from '../store/audit-export.ts'
import { readReset } from './load.ts'
import { settleDue } from './settle.ts'
import { CRASH_POINTS, type CrashPoint, type World } from './world.ts'

const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const CODES = ['ABCDEFGHJKMNPQRS', 'BCDEFGHJKMNPQRST']
const OLD = 'Quiet-harbour old 1'
const NEW = 'Canary-7d1f9 new password'

let slapd: Slapd
let samba: Samba
let postgres: Postgres
const signal = (): AbortSignal => AbortSignal.timeout(10_000)

const login = (point: CrashPoint, engine: string): string => `p${CRASH_POINTS.indexOf(point)}-${engine}`
const ENGINES = ['sqlite', 'postgres'] as const

beforeAll(async () => {
  const users = CRASH_POINTS.flatMap(point => ENGINES.map(engine => login(point, engine)))
  slapd = await startSlapd({
    users: users.map(uid => ({ uid, password: OLD, passwordChangedAt: new Date('2020-01-01T00:00:00Z') })),
  })
  samba = await startSamba()
  for (const uid of users) await samba.addUser({ login: uid, password: OLD })
  postgres = await startPostgres({ durable: true })
})
afterAll(async () => {
  await Promise.all([slapd?.stop(), samba?.stop(), postgres?.stop()])
})

/** Runs the child until it dies at the point; says what it had acknowledged. */
function runAndDie(order: CrashOrder): string[] {
  const child = spawnSync(process.execPath, [join(import.meta.dirname, '../../rig/crash-child.ts')], {
    input: JSON.stringify(order),
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect({ signal: child.signal, stderr: child.signal ? '' : child.stderr }).toEqual({
    signal: 'SIGKILL',
    stderr: '',
  })
  return child.stdout.trim().split('\n').filter(Boolean)
}

async function eventsOf(world: World, reset: string): Promise<string[]> {
  const names: string[] = []
  for await (const record of exportAudit(world.store)) if (record.reset === reset) names.push(record.name)
  return names
}

/** INV-1 and INV-2: what the reset says at the end is what the directory says, and it was written once at most. */
async function judge(
  world: World,
  directory: Directory,
  who: string,
  said: readonly string[],
): Promise<void> {
  const [, id = '', token = ''] = said.find(line => line.startsWith('started'))?.split(' ') ?? []
  const account = await directory.find(who, signal())
  const isNew = account !== null && (await directory.authenticate(account.ref, NEW, signal())) === 'yes'
  const isOld = account !== null && (await directory.authenticate(account.ref, OLD, signal())) === 'yes'
  expect([isNew, isOld].filter(Boolean)).toHaveLength(1)
  if (id === '') return expect(isOld).toBe(true)
  const { phase } = await readReset(world, { id, token })
  expect(phase.name === 'done').toBe(isNew)
  const events = await eventsOf(world, id)
  expect(events.filter(name => name === 'reset.answer_passed').length).toBeGreaterThanOrEqual(
    said.filter(line => line === 'passed true').length,
  )
  expect(events.filter(name => name === 'reset.writing').length).toBeLessThanOrEqual(1)
  if (isNew) expect(events.some(name => name === 'reset.written' || name === 'reset.settled')).toBe(true)
}

const SECRETS = [NEW, OLD, SEED, ...CODES]

describe.each([
  ['OpenLDAP', (): LdapConfig => configOf(slapd, slapd.url)],
  ['Samba', (): LdapConfig => sambaConfig(samba, samba.url)],
] as const)('kill -9 on the way to %s', (_name, configuration) => {
  describe.each(ENGINES)('with %s', engine => {
    it.each(CRASH_POINTS)('at %s loses nothing, writes once and tells no lie', async point => {
      const folder = tempFolder('crash')
      const where =
        engine === 'sqlite'
          ? { file: join(folder.path, 'postern.db') }
          : { databaseUrl: await postgres.freshDatabase() }
      const who = login(point, engine)
      const order = {
        directory: configuration(),
        ...where,
        login: who,
        seed: SEED,
        codes: CODES,
        password: NEW,
        point,
      }
      const said = runAndDie(order)
      const directory = createLdapDirectory(order.directory, systemClock)
      const world = await testWorld([directory], { ...where, clock: fakeClock(Date.now() + minutes(2)) })
      await settleDue(world)
      await judge(world, directory, who, said)
      await world.store.close()
      await directory.close()
      const files = engine === 'sqlite' ? filesIn(folder.path) : [dump(where.databaseUrl ?? '')]
      expect(leaks([...files, Buffer.from(said.join('\n'))], SECRETS)).toEqual([])
      folder.remove()
    })
  })
})

const dump = (url: string): Buffer =>
  execFileSync('pg_dump', ['--inserts', url], { maxBuffer: 64 * 1024 * 1024 })
