// A store is backed up and restored while a server goes on: what it does then, on both engines (DRR-02, INV-4, INV-5).
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../rig/child.ts'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { type Postgres, startPostgres } from '../../rig/postgres.ts'
import {
  appCodeNow,
  CODES,
  delivered,
  enrol,
  oldPasswordOf,
  startVictims,
  type Victims,
  wrongCode,
} from '../../rig/victims.ts'
import { TEST_RING, type TestWorld, testWorld } from '../../rig/world.ts'
import { createKeys } from '../lib/seal.ts'
import { backupPostgres } from '../store/backup-postgres.ts'
import { backupSqlite } from '../store/backup-sqlite.ts'
import { restorePostgres } from '../store/restore-postgres.ts'
import { restoreSqlite } from '../store/restore-sqlite.ts'

const { env } = process
const keys = createKeys(TEST_RING)
const NEW = 'violet harbour cobweb 71'

let victims: Victims
let postgres: Postgres
beforeAll(async () => {
  victims = await startVictims()
  postgres = await startPostgres()
})
afterAll(async () => {
  await victims.stop()
  await postgres.stop()
})

describe.each(['sqlite', 'postgres'] as const)('a server on %s', engine => {
  const login = engine === 'sqlite' ? 'p01' : 'p02'
  const source = (): string => join(folder.path, 'backup')
  let folder: TempFolder
  let where: { file: string } | { databaseUrl: string }
  let world: TestWorld
  let portal: RunningPortal
  beforeEach(async () => {
    folder = tempFolder('restored')
    where =
      engine === 'sqlite'
        ? { file: join(folder.path, 'postern.db') }
        : { databaseUrl: await postgres.freshDatabase() }
    world = await testWorld([victims.directory], where)
    portal = await startPortal(world)
  })
  afterEach(async () => {
    await portal.stop()
    await world.store.close()
    folder.remove()
  })

  const backup = (): Promise<void> =>
    'file' in where
      ? backupSqlite({ ...where, target: source() })
      : backupPostgres({ ...where, target: source(), env })
  const restore = () => {
    const given = { source: source(), keys, clock: world.clock }
    return 'file' in where
      ? restoreSqlite({ ...given, ...where })
      : restorePostgres({ ...given, ...where, env })
  }

  it('goes on after a restore: nothing that was open or used works, and the person gets through anew', async () => {
    await enrol(world, login)
    const before = await portal.start(login)
    await before.choose('email')
    await backup()

    const since = await portal.start(login)
    await since.choose('app_code')
    const code = appCodeNow(world)
    expect((await since.answer(code)).status).toBe(200)
    await since.choose('recovery_code')
    expect((await since.answer(CODES[0])).told.state).toBe('password')
    const { resets, codes } = await restore()
    expect([resets, codes]).toEqual([1, 1])

    expect((await before.get()).status).toBe(404)
    expect((await since.password(NEW)).status).toBe(404)
    expect(await victims.binds(login, oldPasswordOf(login))).toBe(true)
    world.sent.length = 0
    await delivered(world)
    expect(world.sent).toEqual([])

    const anew = await portal.start(login)
    await anew.choose('app_code')
    expect((await anew.answer(code)).status).toBe(422)
    world.clock.advance(60_000)
    expect((await anew.answer(appCodeNow(world))).status).toBe(200)
    await anew.choose('recovery_code')
    expect((await anew.answer(CODES[0])).status).toBe(422)
    expect((await anew.answer(CODES[1])).told.state).toBe('password')
    expect((await anew.password(NEW)).told.state).toBe('done')
    expect(await victims.binds(login, NEW)).toBe(true)
  })

  it('gives nobody the guesses back that were made since the backup', async () => {
    await enrol(world, 'p03')
    await backup()
    const reset = await portal.start('p03')
    await reset.choose('app_code')
    for (let left = 5; left > 0; left -= 1) await reset.answer(wrongCode(appCodeNow(world)))
    await restore()
    const anew = await portal.start('p03')
    expect((await anew.choose('app_code')).status).toBe(429)
  })
})
