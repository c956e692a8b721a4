// The server of the bench: what `serve` serves, with the bot check at its lowest price and a mailbox in memory.
// A program of its own, so that its CPU and memory are its own. Prints the port when it answers.
import { readFileSync } from 'node:fs'
import { deliverDue } from '../src/actions/deliver.ts'
import { prune } from '../src/actions/housekeeping.ts'
import type { World } from '../src/actions/world.ts'
import { createAltcha, TOKEN_PRICE } from '../src/bot-checks/altcha.ts'
import { loadCommonPasswords } from '../src/cmd/common-passwords.ts'
import { createPasswordRules } from '../src/cmd/password-rules.ts'
import { createPasswordHash, type PasswordHash } from '../src/directories/builtin/password-hash.ts'
import { BUILTIN_POLICY } from '../src/directories/builtin/people.ts'
import { createBuiltinDirectory } from '../src/directories/builtin.ts'
import { GUARD_LIMITS, guarded } from '../src/directories/guarded.ts'
import { createLdapDirectory } from '../src/directories/ldap.ts'
import type { Directory } from '../src/directory.ts'
import { stopwatch, systemClock } from '../src/lib/clock.ts'
import { createHashQueue } from '../src/lib/hash-queue.ts'
import { createLog } from '../src/lib/log.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createKeys } from '../src/lib/seal.ts'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import { appCode } from '../src/methods/app-code.ts'
import { email } from '../src/methods/email.ts'
import { hardwareCode } from '../src/methods/hardware-code.ts'
import { createPasskey } from '../src/methods/passkey.ts'
import { recoveryCode } from '../src/methods/recovery-code.ts'
import { createSecurityQuestions } from '../src/methods/security-questions.ts'
import { PROFILES } from '../src/settings.ts'
import { openStore } from '../src/store/open.ts'
import { readAssets } from '../src/web/assets.ts'
import { createServer } from '../src/web/server.ts'
import { type BenchOrder, benchRing } from './order.ts'

// The bench wrote it.
const order = JSON.parse(readFileSync(0, 'utf8')) as BenchOrder
const keys = createKeys(benchRing())
const store = await openStore({ file: order.file, keys, clock: systemClock })
const codes = new Map<string, string>()
const queue = createHashQueue()
/** Milliseconds that each password was waited for and hashed, since somebody asked. */
let verified: number[] = []

function builtin(): Directory {
  const hash = createPasswordHash(queue)
  const verify: PasswordHash['verify'] = async (...args) => {
    const elapsed = stopwatch()
    return hash.verify(...args).finally(() => verified.push(elapsed()))
  }
  return createBuiltinDirectory({
    name: 'builtin',
    domains: [],
    store: {
      transact: work => store.transact(tx => work(tx.people)),
      read: work => store.read(tx => work(tx.people)),
    },
    clock: systemClock,
    hash: { ...hash, verify },
    policy: BUILTIN_POLICY,
  })
}

const world: World = {
  store,
  clock: systemClock,
  random: systemRandom,
  keys,
  directories: [
    guarded(
      order.directory ? createLdapDirectory(order.directory, systemClock) : builtin(),
      systemClock,
      GUARD_LIMITS,
    ),
  ],
  methods: {
    passkey: createPasskey({ origin: `http://localhost:${order.port}`, rpId: 'localhost' }),
    app_code: appCode,
    email,
    recovery_code: recoveryCode,
    hardware_code: hardwareCode,
    security_questions: createSecurityQuestions({ queue, wordings: () => [] }),
  },
  notifiers: [
    {
      channel: 'mail',
      send: async (message, { to }) => void (message.kind === 'code' && codes.set(to, message.code)),
      check: async () => true,
      close: async () => undefined,
    },
  ],
  botCheck: createAltcha({ keys, random: systemRandom, price: TOKEN_PRICE }),
  profile: PROFILES.standard,
  help: { name: 'Bench', telephone: '+00 000', hours: 'always', url: 'https://help.example.org/' },
  passwordRules: createPasswordRules(loadCommonPasswords, PROFILES.standard),
  breaches: [],
  identity: null,
  applications: [],
  log: createLog(line => process.stderr.write(line)),
  reached: () => undefined,
}
const portal = {
  world,
  publicUrl: `http://localhost:${order.port}`,
  hosts: [`localhost:${order.port}`, `127.0.0.1:${order.port}`],
  trustedProxies: ['127.0.0.1'],
  texts: createTexts<Messages>(readCatalogues(order.locales)),
  assets: readAssets(order.assets),
  assetsFolder: order.assets,
  securityContact: 'mailto:security@example.org',
}
const app = await createServer(portal, null, async more => {
  more.get('/bench/usage', async () => ({ cpu: process.cpuUsage(), memory: process.memoryUsage.rss() }))
  more.get<{ Querystring: { to: string } }>('/bench/code', async ({ query: { to } }) => ({
    code: codes.get(to) ?? null,
  }))
  more.get('/bench/verified', async () => {
    const since = verified
    verified = []
    return { verified: since }
  })
  more.get('/bench/deliver', async () => ({ sent: await deliverDue(world) }))
  more.get('/bench/prune', async () => prune(world, 'bench').then(() => ({ pruned: true })))
})
await app.listen({ port: order.port, host: '127.0.0.1' })
process.stdout.write(`answers ${performance.now().toFixed(0)}\n`)
if (order.delivers) setInterval(() => deliverDue(world).catch(() => undefined), 20)
process.on('SIGTERM', () => process.exit(0))
