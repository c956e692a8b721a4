// The server of the bench as a child, and clients that keep it busy for so many seconds.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { get, type Times } from './client.ts'
import type { BenchOrder } from './order.ts'

const root = join(import.meta.dirname, '..')

export const line = (text: string): void => console.log(text)
export const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN
export const ms = (value: number): string => value.toFixed(1).padStart(7)

export type Server = {
  readonly port: number
  usage(): Promise<{ cpuMs: number; memoryMb: number }>
  stop(): Promise<void>
}

export async function bundleServer(): Promise<void> {
  const bundle = await rolldown({
    input: join(root, 'bench/server.ts'),
    platform: 'node',
    external: id => /^[^./\0]/.test(id) && !id.startsWith('src/'),
  })
  await bundle.write({ file: join(root, 'dist/bench-server.mjs'), format: 'esm', codeSplitting: false })
  await bundle.close()
}

export async function startServer(order: BenchOrder): Promise<Server> {
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

let source = 0
/** Each run comes from an address of its own: the limits of a source are not what is measured. */
export const nextSource = (): string => {
  source += 1
  return `198.${18 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}`
}

export type Load = {
  readonly server: Server
  readonly clients: number
  readonly seconds: number
  /** One run of one client; `times` takes the time of each step. */
  readonly once: (times: Times, client: number) => Promise<void>
}

export type Loaded = {
  readonly runs: number
  readonly perSecond: number
  readonly cpuMs: number
  readonly times: Times
}

export async function runLoad({ server, clients, seconds, once }: Load): Promise<Loaded> {
  const times: Times = new Map()
  const before = await server.usage()
  const from = performance.now()
  let runs = 0
  const client = async (index: number): Promise<void> => {
    while (performance.now() - from < seconds * 1_000) {
      await once(times, index)
      runs += 1
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  const took = (performance.now() - from) / 1_000
  const after = await server.usage()
  return { runs, perSecond: runs / took, cpuMs: (after.cpuMs - before.cpuMs) / runs, times }
}

export function printLoad(name: string, what: string, { runs, perSecond, cpuMs, times }: Loaded): void {
  line(
    `${name.padEnd(34)} ${perSecond.toFixed(0).padStart(5)} ${what}/s   ${cpuMs.toFixed(2)} ms of our CPU each   (${runs} ${what})`,
  )
  for (const [step, values] of times)
    line(
      `  ${step.padEnd(12)} p50 ${ms(percentile(values, 0.5))} ms   p99 ${ms(percentile(values, 0.99))} ms`,
    )
}

export const ofClients = (clients: number): string => `${clients} client${clients > 1 ? 's' : ''}`
