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

/** Everything that the first page loads before the bot check is solved, as it goes over the wire with its headers' bodies. */
export const firstPageBytes = (line: (text: string) => void): Promise<void> =>
  withDemo(async origin => {
    const page = await (await fetch(`${origin}/`)).text()
    const parts = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    const sizes = await Promise.all(parts.map(path => wireBytes(`${origin}${path}`)))
    const html = Buffer.byteLength(page)
    const total = html + sizes.reduce((sum, size) => sum + size, 0)
    line(
      `first page over the wire           ${(total / 1024).toFixed(1).padStart(5)} kB   (HTML ${(html / 1024).toFixed(1)}, ${parts.length} files)`,
    )
  })

async function wireBytes(url: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'br' } })
  const length = answer.headers.get('content-length')
  await answer.arrayBuffer()
  return Number(length)
}
