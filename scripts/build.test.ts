import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleProgram, PROGRAMS } from './build.ts'
import { buildAssets, minifyCss } from './build-assets.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'postern-build-'))
const built = (name: string): string[] => readdirSync(join(folder, name))
const read = (name: string, file: string): Buffer => readFileSync(join(folder, name, file))

beforeAll(async () => {
  const from = join(root, 'src/web/browser')
  await buildAssets({ from, to: join(folder, 'product'), demo: false })
  await buildAssets({ from, to: join(folder, 'demo'), demo: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

test('every name in the manifest is a file with a digest, beside it the same compressed twice', () => {
  const manifest: Record<string, string> = JSON.parse(read('product', 'manifest.json').toString())
  expect(Object.keys(manifest).sort()).toEqual([
    'bot-check-worker.js',
    'bot-check.js',
    'hosted-check.js',
    'icon.svg',
    'passkey.js',
    'password.js',
    'portal.css',
    'portal.js',
  ])
  for (const [name, named] of Object.entries(manifest)) {
    expect(named).toMatch(new RegExp(`^${name.replace('.', '-[A-Za-z0-9]{8}\\.')}$`))
    expect(gunzipSync(read('product', `${named}.gz`))).toEqual(read('product', named))
    expect(brotliDecompressSync(read('product', `${named}.br`))).toEqual(read('product', named))
  }
})

test('a part that is loaded later lies beside the others under the name that is asked for', () => {
  const password = built('product').find(file => /^password-\w+\.js$/.test(file)) ?? ''
  const [, asked] =
    read('product', password)
      .toString()
      .match(/import\([`"']\.\/([\w.-]+)[`"']\)/) ?? []
  expect(built('product')).toContain(asked)
})

test('the demo has a script and rules of its own, and the product has none of them', () => {
  const css = (name: string): string => built(name).find(file => file.endsWith('.css')) ?? ''
  expect(built('demo').filter(file => /^demo-\w+\.js$/.test(file))).toHaveLength(1)
  expect(built('product').filter(file => file.startsWith('demo'))).toEqual([])
  expect(read('demo', css('demo')).toString()).toContain('.mailbox')
  expect(read('product', css('product')).toString()).not.toContain('.mailbox')
})

async function modulesOf(entry: string): Promise<string[]> {
  const bundle = await bundleProgram(entry)
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  return output.flatMap(part => (part.type === 'chunk' ? part.moduleIds : [])).map(id => relative(root, id))
}

test('the agent is a program of its own, without pages, store or actions; the server has nothing of it', async () => {
  const agent = await modulesOf(PROGRAMS.agent)
  expect(agent).toEqual(expect.arrayContaining(['src/agent/answer.ts', 'src/directories/ldap.ts']))
  const rooms = [
    'web',
    'store',
    'actions',
    'methods',
    'notifiers',
    'bot-checks',
    'breaches',
    'relays',
    'demo',
  ]
  expect(agent.filter(id => rooms.some(room => id.startsWith(`src/${room}/`)))).toEqual([])
  expect(
    agent.filter(id => /node_modules\/(fastify|kysely|pg|preact|nodemailer|altcha-lib)\//.test(id)),
  ).toEqual([])
  expect(agent.filter(id => /remote-agent|builtin/.test(id))).toEqual([])
  const server = await modulesOf(PROGRAMS.postern)
  expect(
    server.filter(id => id.startsWith('src/agent/') || /cmd\/agent(-run|-config)?\.ts$/.test(id)),
  ).toEqual([])
})

test('nothing of the demo lies in what serve loads, and nothing of a browser in either program', async () => {
  const product = await modulesOf(PROGRAMS.postern)
  const demo = await modulesOf(PROGRAMS.demo)
  expect(product).toContain('src/web/server.ts')
  expect(demo).toContain('src/demo/pages.tsx')
  expect(product.filter(id => id.startsWith('src/demo/') || id.includes('/demo.'))).toEqual([])
  expect([...product, ...demo].filter(id => id.startsWith('src/web/browser/'))).toEqual([])
  expect([...product, ...demo].filter(id => /^(rig|e2e|scripts)\/|\.test\./.test(id))).toEqual([])
})

test('a stylesheet loses comments and space, and nothing else', () => {
  const css =
    '/* one\n two */\na:hover,\n.b > c {\n  margin: 0 1px;\n  inset: calc(1px + 2px);\n}\n\n@media (width: 1px) {\n  d {\n    e: f;\n  }\n}\n'
  expect(minifyCss(css)).toBe('a:hover,.b > c{margin:0 1px;inset:calc(1px + 2px)}@media (width:1px){d{e:f}}')
})
