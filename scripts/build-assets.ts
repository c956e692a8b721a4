// What browsers load: one stylesheet, small scripts, an icon. Names carry a digest of the content, so that they may be
// kept for ever; `manifest.json` says which name each has now.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

type AssetsBuild = { readonly from: string; readonly to: string; readonly demo: boolean }

/** A script that pages name, without its ending. The demo's are built for the demo alone. */
const SCRIPTS = ['portal', 'bot-check', 'bot-check-worker', 'hosted-check', 'password', 'passkey']
const DEMO_SCRIPTS = ['demo']
const PLAIN = ['icon.svg']

export async function buildAssets({ from, to, demo }: AssetsBuild): Promise<void> {
  mkdirSync(to, { recursive: true })
  const manifest: Record<string, string> = {}
  const write = (name: string, content: string | Uint8Array): void => {
    manifest[name] = writeNamed(to, name, content)
  }
  for (const name of [...SCRIPTS, ...(demo ? DEMO_SCRIPTS : [])]) {
    write(`${name}.js`, await bundleScript(join(from, `${name}.ts`), to))
  }
  const styles = ['portal.css', ...(demo ? ['demo.css'] : [])].map(name =>
    readFileSync(join(from, name), 'utf8'),
  )
  write('portal.css', minifyCss(styles.join('\n')))
  for (const name of PLAIN) write(name, readFileSync(join(from, name)))
  writeFileSync(join(to, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** Each entry is one file; what it loads later becomes a chunk beside it. */
async function bundleScript(entry: string, to: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', transform: { target: 'es2022' } })
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    chunkFileNames: '[name]-[hash].js',
  })
  await bundle.close()
  let code = ''
  for (const part of output) {
    if (part.type === 'chunk' && part.isEntry) code = part.code
    else writeCompressed(to, part.fileName, part.type === 'chunk' ? part.code : part.source)
  }
  return code
}

/** For plain rules like ours: no strings with spaces that matter, no `:` before a space in a selector. */
export const minifyCss = (css: string): string =>
  css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .trim()

function writeNamed(to: string, name: string, content: string | Uint8Array): string {
  const digest = createHash('sha256').update(content).digest('base64url').replace(/[-_]/g, '').slice(0, 8)
  const dot = name.lastIndexOf('.')
  const named = `${name.slice(0, dot)}-${digest}${name.slice(dot)}`
  writeCompressed(to, named, content)
  return named
}

/** Compressed once here, at the highest price, and never at a request. */
function writeCompressed(to: string, name: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content)
  writeFileSync(join(to, name), bytes)
  writeFileSync(join(to, `${name}.gz`), gzipSync(bytes, { level: 9 }))
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
  writeFileSync(join(to, `${name}.br`), brotliCompressSync(bytes, { params: quality }))
}
