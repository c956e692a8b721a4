import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortPair } from '../rig/child.ts'

const root = join(import.meta.dirname, '..')

async function withDemo(work: (origin: string, coldMs: number) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-demo-'))
  const port = await freePortPair()
  const start = () =>
    spawn(process.execPath, [join(root, 'dist/demo.js')], {
      env: { ...process.env, PORT: String(port), POSTERN_DATA: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const answered = async (demo: ReturnType<typeof start>): Promise<number> => {
    const from = performance.now()
    await new Promise(resolve => demo.stdout?.once('data', resolve))
    return performance.now() - from
  }
  const first = start()
  await answered(first)
  first.kill('SIGTERM')
  await new Promise(resolve => first.once('exit', resolve))
  // The second start: the sample people are there already, as a production's are.
  const demo = start()
  try {
    await work(`http://localhost:${port}`, await answered(demo))
  } finally {
    demo.kill('SIGTERM')
    await new Promise(resolve => demo.once('exit', resolve))
    rmSync(folder, { recursive: true, force: true })
  }
}

export const coldStart = (line: (text: string) => void): Promise<void> =>
  withDemo(async (_origin, coldMs) =>
    line(`cold start after the build         ${coldMs.toFixed(0).padStart(5)} ms`),
  )

export const firstPageBytes = (line: (text: string) => void): Promise<void> =>
  withDemo(async origin => {
    const page = await (await fetch(`${origin}/`)).text()
    line(`${'first page over the wire'.padEnd(34)} ${await sentBytes(origin, page)}`)
  })

/**
 * A page and all that it loads, as it goes over the wire without headers. Pages themselves go uncompressed, and files of the
 * build with Brotli.
 */
export async function sentBytes(origin: string, page: string): Promise<string> {
  const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => `${origin}${path}`)
  const html = Buffer.byteLength(page)
  const total = async (encoding: string): Promise<number> =>
    (await Promise.all(paths.map(path => wireBytes(path, encoding)))).reduce((sum, size) => sum + size, html)
  const kB = (bytes: number): string => (bytes / 1024).toFixed(1)
  return `${kB(await total('br')).padStart(5)} kB   (HTML ${kB(html)}, ${paths.length} files; ${kB(await total('identity'))} kB uncompressed)`
}

async function wireBytes(url: string, encoding: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'accept-encoding': encoding } })
  const length = answer.headers.get('content-length')
  await answer.arrayBuffer()
  return Number(length)
}
