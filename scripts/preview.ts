// node scripts/preview.ts [PART OF A NAME ...]: pictures of all sample pages, in test-results/pages.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { launchBrowser } from '../rig/browser.ts'
import type * as Site from '../rig/page-site.tsx'

const root = fileURLToPath(new URL('..', import.meta.url))
const to = join(root, 'test-results/pages')

/** Node runs no .tsx; the samples are bundled beside the packages they need. */
async function loadSite(): Promise<typeof Site> {
  const folder = mkdtempSync(join(root, 'node_modules/.preview-'))
  const file = join(folder, 'site.mjs')
  const bundle = await rolldown({
    cwd: root,
    input: 'rig/page-site.tsx',
    platform: 'node',
    external: id => /^[^./\0]/.test(id) && !/^(src|rig)\//.test(id),
  })
  await bundle.write({ file, format: 'esm' })
  try {
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const LOOKS = [
  { name: 'wide', width: 1440, height: 900, colorScheme: 'light', locale: 'en' },
  { name: 'wide-dark', width: 1440, height: 900, colorScheme: 'dark', locale: 'en' },
  { name: 'narrow', width: 320, height: 640, colorScheme: 'light', locale: 'en' },
  { name: 'narrow-ar', width: 320, height: 640, colorScheme: 'dark', locale: 'ar' },
  { name: 'wide-ar', width: 1440, height: 900, colorScheme: 'light', locale: 'ar' },
] as const

const parts = process.argv.slice(2)
const { serveSamples } = await loadSite()
const site = await serveSamples(root)
const browser = await launchBrowser()
mkdirSync(to, { recursive: true })
for (const look of LOOKS) {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.colorScheme,
  })
  const tab = await context.newPage()
  for (const name of site.names) {
    if (parts.length > 0 && !parts.some(part => `${name}.${look.name}`.includes(part))) continue
    await tab.goto(`${site.origin}/${look.locale}/${name}`)
    await tab.screenshot({ path: join(to, `${name}.${look.name}.png`), fullPage: true })
  }
  await context.close()
}
await browser.close()
await site.close()
