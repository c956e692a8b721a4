// Two sign-ins of one account at once, on the engine where transactions run side by side.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPortal } from '../../rig/portal.ts'
import { type Postgres, startPostgres } from '../../rig/postgres.ts'
import { signIn } from '../../rig/signed-in.ts'
import { records, startVictims, type Victims } from '../../rig/victims.ts'
import { testWorld } from '../../rig/world.ts'

let victims: Victims
let postgres: Postgres
beforeAll(async () => {
  ;[victims, postgres] = await Promise.all([startVictims(), startPostgres()])
})
afterAll(async () => {
  await Promise.all([victims.stop(), postgres.stop()])
})

it('new recovery codes from several sign-ins at once leave one valid set (BKP-03)', async () => {
  const world = await testWorld([victims.directory], { databaseUrl: await postgres.freshDatabase() })
  const portal = await startPortal(world)
  const browsers = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async () => (await signIn(portal, 'p01')).browser),
  )
  for (const browser of browsers) await browser.get('/security-info')
  const shown = await Promise.all(
    browsers.map(browser => browser.post('/security-info/add', { method: 'recovery_code' })),
  )
  expect(shown.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
  const [record] = (await records(world)).filter(({ name }) => name === 'sign_in.passed')
  const kept = await world.store.read(tx => tx.enrollments.of(record?.subject ?? ''))
  expect(kept.filter(({ method }) => method === 'recovery_code')).toHaveLength(1)
  await portal.stop()
  await world.store.close()
})
