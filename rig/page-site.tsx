// The sample pages as a site on loopback, under the content policy of the product: what a browser test looks at.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { buildAssets } from '../scripts/build-assets.ts'
import { createTexts, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'
import { assetsIn, readAssets } from '../src/web/assets.ts'
import { renderPage } from '../src/web/layout.tsx'
import { pageSamples } from './page-samples.tsx'

export const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; worker-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export type SampleSite = {
  readonly origin: string
  readonly names: readonly string[]
  /** The HTML of one sample, as the site sends it. */
  html(locale: string, name: string): string
  /** Of an asset by its path, as gzip. */
  compressedBytes(path: string): number
  close(): Promise<void>
}

/** `root` is the folder of the project. Pages lie at /LOCALE/NAME. */
export async function serveSamples(root: string): Promise<SampleSite> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-pages-'))
  await buildAssets({ from: join(root, 'src/web/browser'), to: folder, demo: true })
  const assets = readAssets(folder)
  const texts = createTexts<Messages>(readCatalogues(join(root, 'locales')))
  const languages = texts.locales.map(locale => ({
    locale,
    name: texts.for(locale, 'UTC').t('language.name'),
  }))
  const samples = (locale: string) =>
    pageSamples(texts.for(locale, 'Europe/Berlin'), assets, languages, assetsIn(folder)('demo.js'))
  const html = (locale: string, name: string): string => {
    const sample = samples(locale).find(each => each.name === name)
    if (!sample) throw new Error(`no sample ${name}`)
    return renderPage(sample.tree)
  }
  const server = createServer((request, response) => {
    const [, first = '', second = ''] = (request.url ?? '').split(/[/?]/)
    // The demo's script asks for its page anew; there is none here.
    if (second === '') return void response.writeHead(404).end()
    const isAsset = first === 'assets'
    response.setHeader('content-security-policy', CONTENT_POLICY)
    response.setHeader('content-type', isAsset ? (TYPES[extname(second)] ?? '') : 'text/html; charset=utf-8')
    response.end(isAsset ? readFileSync(join(folder, second)) : html(first, second))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    names: samples('en').map(({ name }) => name),
    html,
    compressedBytes: path => statSync(join(folder, `${basename(path)}.gz`)).size,
    close: async () => {
      await new Promise(resolve => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}
