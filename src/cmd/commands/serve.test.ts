import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Child, startChild } from '../../../rig/child.ts'
import { BUILT, type Cli, openCli } from '../../../rig/cli.ts'
import { makePki } from '../../../rig/pki.ts'

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function open(change: Readonly<Record<string, unknown>> = {}): Cli {
  const cli = openCli(change)
  ends.push(cli.remove)
  return cli
}

/** The built program: pages are TSX, which only the build can run. */
async function serve(cli: Cli): Promise<{ child: Child; port: number }> {
  expect(existsSync(BUILT), 'npm run build comes first').toBe(true)
  const child = startChild(process.execPath, [BUILT, 'serve', '--config', cli.config])
  ends.push(() => child.stop())
  await child.wrote(/"event":"Postern answers"/)
  return { child, port: Number(/"listen":"127\.0\.0\.1:(\d+)"/.exec(child.log())?.[1]) }
}

const getOverTls = (port: number, ca: Buffer, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      ca,
      servername: 'reset.example.test',
      headers: { host: 'reset.example.test' },
    }
    request(options, response => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('error', reject)
      .end()
  })

test('it answers by TLS itself, says so in one line, is backed up meanwhile, and stops when asked', async () => {
  const cli = open()
  const pki = makePki(join(cli.folder, 'pki'), '127.0.0.1', ['reset.example.test'])
  const config = readFileSync(cli.config, 'utf8').replace(
    'http://localhost:8080',
    'https://reset.example.test',
  )
  writeFileSync(cli.config, `${config}tls: {cert_file: ${pki.cert}, key_file: ${pki.key}}\n`)
  const { child, port } = await serve(cli)
  const ca = readFileSync(pki.ca)
  expect(await getOverTls(port, ca, '/health/live')).toBe(200)
  expect(await getOverTls(port, ca, '/demo')).toBe(404)
  expect(await cli.run(['backup', join(cli.folder, 'backup.db')])).toMatchObject({ code: 0 })
  await child.stop('SIGTERM')
  const { out } = await cli.run(['audit', 'export'])
  expect(out.match(/"name":"[^"]+"/g)).toEqual([
    '"name":"server.started"',
    '"name":"backup.made"',
    '"name":"server.stopped"',
  ])
  const lines = child
    .log()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.map(line => line.event)).toEqual([
    expect.stringMatching(/The scope is none/),
    expect.stringMatching(/No group of administrators/),
    'Postern answers',
    'Postern stops',
  ])
})

test('a port that somebody has is told in a sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  ends.push(() => void other.close())
  await new Promise(resolve => other.once('listening', resolve))
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : 0
  const cli = open({ listen: `127.0.0.1:${port}` })
  const ran = await cli.run(['serve'])
  expect(ran).toMatchObject({ code: 1, err: `Postern cannot listen at 127.0.0.1:${port} (EADDRINUSE).\n` })
})

test('the data folder of the demo is refused, by every command', async () => {
  const cli = open()
  mkdirSync(join(cli.folder, 'data'))
  writeFileSync(join(cli.folder, 'data', '.demo'), '')
  for (const words of [['serve'], ['user', 'list'], ['restore', 'x']]) {
    expect(await cli.run(words)).toMatchObject({ code: 1, err: expect.stringMatching(/belongs to the demo/) })
  }
  expect(existsSync(cli.database)).toBe(false)
})

test('a policy that says less than the strict profile is no start', async () => {
  const cli = open()
  expect(await cli.run(['settings', 'apply', '-'], 'gates: 1')).toMatchObject({ code: 0 })
  writeFileSync(cli.config, `${readFileSync(cli.config, 'utf8')}profile: strict\n`)
  const { code, err } = await cli.run(['serve'])
  expect(code).toBe(1)
  expect(err).toMatch(
    /^The policy contradicts the deployment:\n- gates must be 2 .*\n- password\.min_length must be at least 15/,
  )
})

test('another key ring than the database’s own is no start', async () => {
  const cli = open()
  expect(await cli.run(['migrate'])).toMatchObject({ code: 0 })
  const other = join(cli.folder, 'other.json')
  expect(await cli.run(['key', 'create', other])).toMatchObject({ code: 0 })
  writeFileSync(cli.config, readFileSync(cli.config, 'utf8').replace('keys.json', 'other.json'))
  expect(await cli.run(['serve'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/key file does not belong/),
  })
})
