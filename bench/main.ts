// npm run bench: what resets, sign-ins and registrations cost, on this machine, against a real slapd on the same cores.
// Prints; judges nothing. `--quick`: shorter runs, for looking at one figure. `--only agent`: the agents alone.
import { rmSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { freePortPair, tempFolder } from '../rig/child.ts'
import { configOf } from '../rig/openldap.ts'
import { type Slapd, startSlapd } from '../rig/slapd.ts'
import { build, isStale } from '../scripts/build.ts'
import { createLdapDirectory } from '../src/directories/ldap.ts'
import { systemClock } from '../src/lib/clock.ts'
import { get, resetOnce, type Times } from './client.ts'
import { benchHashes } from './hashes.ts'
import {
  bundleServer,
  line,
  nextSource,
  ofClients,
  printLoad,
  runLoad,
  type Server,
  startServer,
} from './load.ts'
import type { BenchOrder } from './order.ts'
import { coldStart, firstPageBytes } from './pages.ts'
import { type BenchPerson, enrollAll, findAll, floodResets, PASSWORD, solveMany } from './prepare.ts'
import { benchBreaches, benchRules } from './rules.ts'
import { benchSignIns } from './sign-ins.ts'

const root = join(import.meta.dirname, '..')
const QUICK = process.argv.includes('--quick')
const ONLY_AGENT = process.argv.join(' ').includes('--only agent')
const SECONDS = QUICK ? 4 : 10
const ACCOUNTS = 11_000

/** One reset of the next person, with the next bot check. */
const resetting =
  (people: BenchPerson[], solutions: string[], server: Server) =>
  async (times: Times): Promise<void> => {
    const person = people.pop()
    const solution = solutions.pop()
    if (!person || !solution) throw new Error('the bench ran out of people')
    await resetOnce(server.port, person, solution, nextSource(), times)
  }

/** The floor: password-modify alone, from this process, over four connections as the directory keeps them. */
async function floor(slapd: Slapd, logins: readonly string[]): Promise<void> {
  const ldap = createLdapDirectory(configOf(slapd, slapd.url), systemClock)
  const accounts = await findAll(ldap, logins)
  for (const clients of [1, 8, 16]) {
    const from = performance.now()
    let done = 0
    const worker = async (): Promise<void> => {
      while (performance.now() - from < (SECONDS * 1_000) / 10) {
        const account = accounts.pop()
        if (!account) return
        await ldap.setPassword(
          account.ref,
          { password: `floor password ${done}`, unlock: false, key: 'bench' },
          AbortSignal.timeout(30_000),
        )
        done += 1
      }
    }
    await Promise.all(Array.from({ length: clients }, worker))
    line(
      `set password alone, ${String(clients).padStart(2)} clients        ${((done / (performance.now() - from)) * 1_000).toFixed(0).padStart(5)} /s`,
    )
  }
  await ldap.close()
}

async function main(): Promise<void> {
  const [cpu] = cpus()
  line(
    `machine: ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}; slapd, server and clients share the cores`,
  )
  if (isStale()) await build()
  if (!ONLY_AGENT) await benchServer()
  await import('./pages-from-source.ts')
  const { benchAgents } = await import('./agents.ts')
  await benchAgents(QUICK)
}

async function benchServer(): Promise<void> {
  await bundleServer()
  const logins = Array.from({ length: ACCOUNTS }, (_, index) => `u${index}`)
  const slapd = await startSlapd({
    users: logins.map(uid => ({
      uid,
      password: PASSWORD,
      passwordChangedAt: new Date('2020-01-01T00:00:00Z'),
    })),
    durable: true,
  })
  const folder = tempFolder('bench')
  try {
    await floor(slapd, logins.slice(0, 2_500))
    const file = join(folder.path, 'postern.db')
    const directory = configOf(slapd, slapd.url)
    const people = await enrollAll(file, directory, logins.slice(2_500, 8_500), 'recovery_code')
    const mailed = await enrollAll(file, directory, logins.slice(8_500), 'email')
    const assets = { locales: join(root, 'locales'), assets: join(root, 'dist/assets') }
    await measure({ file, directory, ...assets }, people, mailed)
    await benchHashes({ folder: folder.path, ...assets }, QUICK)
    await benchRules(line)
    await benchBreaches(line)
    await firstPageBytes(line)
    await coldStart(line)
  } finally {
    await slapd.stop()
    rmSync(folder.path, { recursive: true, force: true })
  }
}

async function measure(
  place: Omit<BenchOrder, 'port' | 'delivers'>,
  people: BenchPerson[],
  mailed: BenchPerson[],
): Promise<void> {
  const solutions = await solveMany(8_600)
  let server = await startServer({ ...place, port: await freePortPair(), delivers: false })
  await get(server.port, '/health/live')
  line(`memory idle                        ${(await server.usage()).memoryMb.toFixed(0).padStart(5)} MB`)
  const load = (clients: number, seconds = SECONDS) =>
    runLoad({ server, clients, seconds, once: resetting(people, solutions, server) })
  await load(8, SECONDS / 2)
  for (const clients of [1, 8, 16])
    printLoad(`app code + recovery code, ${ofClients(clients)}`, 'resets', await load(clients))
  line(`memory after load                  ${(await server.usage()).memoryMb.toFixed(0).padStart(5)} MB`)
  await deliverRest(server)
  await server.stop()
  await floodResets(place.file, QUICK ? 10_000 : 100_000)
  server = await startServer({ ...place, port: await freePortPair(), delivers: false })
  await load(4, 1)
  printLoad(`at ${QUICK ? '10,000' : '100,000'} open resets, 8 clients`, 'resets', await load(8))
  await server.stop()
  server = await startServer({ ...place, port: await freePortPair(), delivers: true })
  const once = resetting(mailed, solutions, server)
  await runLoad({ server, clients: 4, seconds: 1, once })
  printLoad(
    'app code + e-mail, 8 clients',
    'resets',
    await runLoad({ server, clients: 8, seconds: SECONDS / 2, once }),
  )
  await server.stop()
  server = await startServer({ ...place, port: await freePortPair(), delivers: false })
  await benchSignIns({ server, people: mailed, seconds: SECONDS / 2 })
  await server.stop()
}

/** Delivery is a line of its own: messages handed to a mailbox that takes them at once. */
async function deliverRest(server: Server): Promise<void> {
  const from = performance.now()
  let sent = 0
  for (;;) {
    const { sent: now } = (await get(server.port, '/bench/deliver')).body as unknown as { sent: number } // its own answer
    if (now === 0 || performance.now() - from > SECONDS * 1_000) break
    sent += now
  }
  line(
    `outbox alone                       ${((sent / (performance.now() - from)) * 1_000).toFixed(0).padStart(5)} messages/s   (${sent})`,
  )
}

await main()
