import { startHousekeeping } from '../actions/housekeeping.ts'
import { openWorld, portalOf } from '../cmd/wire.ts'
import { createPasswordHash } from '../directories/builtin/password-hash.ts'
import { createHashQueue } from '../lib/hash-queue.ts'
import { createLog } from '../lib/log.ts'
import { createKeys } from '../lib/seal.ts'
import { assetsIn, readAssets } from '../web/assets.ts'
import { createServer } from '../web/server.ts'
import { demoClock } from './clock.ts'
import { DEMO_ASSETS, demoDeployment, listenAt, openFolder, readPlace } from './deployment.ts'
import { createDemoMail } from './mail.ts'
import { DemoBanner } from './pages.tsx'
import { rememberPasswords } from './passwords.ts'
import { demoRoutes } from './routes.tsx'
import { seed } from './seed.ts'

/** `npm start`: a sample organisation on loopback, with everything on one page. Nothing of it lies in `postern`. */
const place = readPlace(process.env)
const clock = demoClock(place.clockFile)
const keys = createKeys(openFolder(place.folder))
const log = createLog(line => process.stderr.write(line))
const passwords = rememberPasswords(place.passwords, keys)
const { mailbox, connect } = createDemoMail(clock, place.publicUrl)
const deployment = demoDeployment(place)
const opened = await openWorld(deployment, log, {
  clock,
  isDemo: true,
  around: passwords.around,
  notifier: connect,
})
const hasher = createPasswordHash(createHashQueue())
await seed({ world: opened.world, hash: password => hasher.hash(password, AbortSignal.timeout(60_000)) })

const assets = readAssets(DEMO_ASSETS)
const portal = {
  ...portalOf(deployment, opened),
  hosts: [`localhost:${place.port}`, `127.0.0.1:${place.port}`, `[::1]:${place.port}`, ...place.widened],
  assets,
  assetsFolder: DEMO_ASSETS,
  banner: DemoBanner({ text: place.banner }),
}
const app = await createServer(portal, null, async pages =>
  demoRoutes(pages, { portal, passwords, mailbox, script: assetsIn(DEMO_ASSETS)('demo.js') }),
)
const housekeeping = startHousekeeping(opened.world)
await listenAt(app, place)
console.log(`Postern's demo is at ${place.publicUrl} – its people and their mail at ${place.publicUrl}/demo`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await app.close()
    await housekeeping.stop()
    await opened.close()
  })
}
