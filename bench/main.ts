// npm run bench: what a complete reset costs, on this machine, against a real slapd on the same cores. Prints; judges
// nothing. `--quick`: shorter runs, for looking at one figure.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { freePortPair, tempFolder } from '../rig/child.ts'
import { configOf } from '../rig/openldap.ts'
import { type Slapd, startSlapd } from '../rig/slapd.ts'
import { build, isStale } from '../scripts/build.ts'
import { createLdapDirectory } from '../src/directories/ldap.ts'
import { systemClock } from '../src/lib/clock.ts'
import { get, resetOnce, type Times } from './client.ts'
import type { BenchOrder } from './order.ts'
import { coldStart, firstPageBytes } from './pages.ts'
import { type BenchPerson, enrollAll, findAll, floodResets, solveMany } from './prepare.ts'
import { benchBreaches, benchRules } from './rules.ts'

const root = join(import.meta.dirname, '..')
const QUICK = process.argv.includes('--quick')
const SECONDS = QUICK ? 4 : 10
const ACCOUNTS = 10_000

const line = (text: string): void => console.log(text)
const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN
const ms = (value: number): string => value.toFixed(1).padStart(7)

type Server = {
  readonly port: number
  readonly coldMs: number
  usage(): Promise<{ cpuMs: number; memoryMb: number }>
  stop(): Promise<void>
}

async function startServer(order: BenchOrder): Promise<Server> {
  const from = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist/bench-server.mjs')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: root,
  })
  process.once('exit', () => child.kill('SIGKILL'))
  child.stdin.end(JSON.stringify(order))
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`the bench server ended (${code})`)))
  })
  return {
    port: order.port,
    coldMs: performance.now() - from,
    async usage() {
      const { cpu, memory } = (await get(order.port, '/bench/usage')).body as unknown as {
        cpu: NodeJS.CpuUsage
        memory: number
      } // its own answer
      return { cpuMs: (cpu.user + cpu.system) / 1000, memoryMb: memory / 1024 / 1024 }
    },
    stop: () => new Promise(resolve => void child.once('exit', () => resolve()).kill('SIGTERM')),
  }
}

type Load = {
  readonly server: Server
  readonly clients: number
  readonly people: BenchPerson[]
  readonly solutions: string[]
  readonly seconds: number
}

let source = 0
/** Each reset comes from an address of its own: the limits of a source are not what is measured. */
const nextSource = (): string => {
  source += 1
  return `198.${18 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}`
}

async function runLoad({
  server,
  clients,
  people,
  solutions,
  seconds,
}: Load): Promise<{ resets: number; perSecond: number; cpuMs: number; times: Times }> {
  const times: Times = new Map()
  const before = await server.usage()
  const from = performance.now()
  let resets = 0
  const client = async (): Promise<void> => {
    while (performance.now() - from < seconds * 1_000) {
      const person = people.pop()
      const solution = solutions.pop()
      if (!person || !solution) throw new Error('the bench ran out of people')
      await resetOnce(server.port, person, solution, nextSource(), times)
      resets += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const took = (performance.now() - from) / 1_000
  const after = await server.usage()
  return { resets, perSecond: resets / took, cpuMs: (after.cpuMs - before.cpuMs) / resets, times }
}

function printLoad(
  name: string,
  { resets, perSecond, cpuMs, times }: Awaited<ReturnType<typeof runLoad>>,
): void {
  line(
    `${name.padEnd(34)} ${perSecond.toFixed(0).padStart(5)} resets/s   ${cpuMs.toFixed(2)} ms of our CPU each   (${resets} resets)`,
  )
  for (const [step, values] of times)
    line(
      `  ${step.padEnd(12)} p50 ${ms(percentile(values, 0.5))} ms   p99 ${ms(percentile(values, 0.99))} ms`,
    )
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

async function bundleServer(): Promise<void> {
  const bundle = await rolldown({
    input: join(root, 'bench/server.ts'),
    platform: 'node',
    external: id => /^[^./\0]/.test(id) && !id.startsWith('src/'),
  })
  await bundle.write({ file: join(root, 'dist/bench-server.mjs'), format: 'esm', codeSplitting: false })
  await bundle.close()
}

async function main(): Promise<void> {
  const [cpu] = cpus()
  line(
    `machine: ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}; slapd, server and clients share the cores`,
  )
  if (isStale()) await build()
  await bundleServer()
  const logins = Array.from({ length: ACCOUNTS }, (_, index) => `u${index}`)
  const slapd = await startSlapd({
    users: logins.map(uid => ({
      uid,
      password: 'before the bench 1',
      passwordChangedAt: new Date('2020-01-01T00:00:00Z'),
    })),
    durable: true,
  })
  const folder = tempFolder('bench')
  try {
    await floor(slapd, logins.slice(0, 2_500))
    const file = join(folder.path, 'postern.db')
    const directory = configOf(slapd, slapd.url)
    const people = await enrollAll(file, directory, logins.slice(2_500, 7_500), 'recovery_code')
    const mailed = await enrollAll(file, directory, logins.slice(7_500), 'email')
    const order = { file, directory, locales: join(root, 'locales'), assets: join(root, 'dist/assets') }
    await measure(order, people, mailed)
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
  const solutions = await solveMany(7_500)
  let server = await startServer({ ...place, port: await freePortPair(), delivers: false })
  await get(server.port, '/health/live')
  line(`memory idle                        ${(await server.usage()).memoryMb.toFixed(0).padStart(5)} MB`)
  const load = (clients: number, seconds = SECONDS) =>
    runLoad({ server, clients, people, solutions, seconds })
  await load(8, SECONDS / 2)
  for (const clients of [1, 8, 16])
    printLoad(`app code + recovery code, ${clients} client${clients > 1 ? 's' : ''}`, await load(clients))
  line(`memory after load                  ${(await server.usage()).memoryMb.toFixed(0).padStart(5)} MB`)
  await deliverRest(server)
  await server.stop()
  await floodResets(place.file, QUICK ? 10_000 : 100_000)
  server = await startServer({ ...place, port: await freePortPair(), delivers: false })
  await load(4, 1)
  printLoad(`at ${QUICK ? '10,000' : '100,000'} open resets, 8 clients`, await load(8))
  await server.stop()
  server = await startServer({ ...place, port: await freePortPair(), delivers: true })
  await runLoad({ server, clients: 4, people: mailed, solutions, seconds: 1 })
  printLoad(
    'app code + e-mail, 8 clients',
    await runLoad({ server, clients: 8, people: mailed, solutions, seconds: SECONDS / 2 }),
  )
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
