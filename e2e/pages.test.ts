// Every sample page in a real browser: what axe finds, what does not fit, what is too small to hit, what moves.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type SampleSite, serveSamples } from '../rig/page-site.tsx'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** axe takes half a minute a look; these two have both colour schemes, both directions and both widths between them. */
const LOOKS = [
  { title: 'wide and light, in English', locale: 'en', width: 1280, colorScheme: 'light', hasAxe: true },
  {
    title: '320 pixels wide and dark, in Arabic',
    locale: 'ar',
    width: 320,
    colorScheme: 'dark',
    hasAxe: true,
  },
  {
    title: '320 pixels wide and dark, in German',
    locale: 'de',
    width: 320,
    colorScheme: 'dark',
    hasAxe: false,
  },
  {
    title: '320 pixels wide and light, in Japanese',
    locale: 'ja',
    width: 320,
    colorScheme: 'light',
    hasAxe: false,
  },
] as const

let site: SampleSite
let browser: Browser
beforeAll(async () => {
  site = await serveSamples(fileURLToPath(new URL('..', import.meta.url)))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await site.close()
})

type Look = (typeof LOOKS)[number]

/** Visits every sample and collects what `look` complains about. */
async function visitAll({ locale, width, colorScheme }: Look, inspect: (page: Page) => Promise<string[]>) {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme,
    reducedMotion: 'reduce',
    // axe is put into the page, which the product's policy forbids.
    bypassCSP: true,
  })
  const page = await context.newPage()
  const found: string[] = []
  for (const name of site.names) {
    await page.goto(`${site.origin}/${locale}/${name}`)
    found.push(...(await inspect(page)).map(fault => `${name}: ${fault}`))
  }
  await context.close()
  return found
}

test.each(LOOKS)(
  'axe finds nothing, and everything fits and can be hit: $title',
  { timeout: 120_000 },
  async look => {
    const found = await visitAll(look, async page => [
      ...(look.hasAxe ? await axeFaults(page) : []),
      ...(await sizeFaults(page)),
    ])
    expect(found).toEqual([])
  },
)

async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    // as: axe put itself there a line above
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

/** Nothing is cut off at the side (WCAG 1.4.10), and whatever is pressed is 44 pixels high (more than WCAG 2.5.8 asks). */
const sizeFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) faults.push(`${scrollWidth - clientWidth} pixels too wide`)
    for (const element of document.querySelectorAll('button, summary, input, a.button, .languages a')) {
      const { width, height } = element.getBoundingClientRect()
      const isBox = element.matches('[type=checkbox], [type=radio]')
      if (width > 0 && !isBox && height < 44)
        faults.push(`${element.outerHTML.slice(0, 60)} is ${height} high`)
    }
    return faults
  })

/** Status line and headers of one answer of the product, rounded up. */
const HEAD_BYTES = 900

test.each(['ar', 'de', 'en', 'ja'])(
  'the first page weighs at most 14 kB before the bot check: %s',
  async locale => {
    const html = site.html(locale, 'start')
    const linked = [...html.matchAll(/"(\/assets\/[\w.-]+)"/g)].map(([, path = '']) => path)
    const files = linked.filter(path => !path.includes('worker'))
    const sizes = files.map(path => site.compressedBytes(path) + HEAD_BYTES)
    expect(files.length).toBe(3)
    expect(Buffer.byteLength(html) + HEAD_BYTES + sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(
      14_000,
    )
  },
)

/** A busy machine may paint a header that is parsed by half; a line that is pushed down is ten times as much. */
const SHIFT_MAX = 0.005

test('nothing breaks the content policy, and nothing moves while a page loads', {
  timeout: 60_000,
}, async () => {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 } })
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) said.push(`${page.url()} ${message.text()}`)
  })
  page.on('pageerror', error => said.push(`${page.url()} ${error.message}`))
  const moved: string[] = []
  for (const name of site.names) {
    await page.goto(`${site.origin}/en/${name}`)
    const shift = await page.evaluate(
      () =>
        new Promise<number>(resolve => {
          let sum = 0
          new PerformanceObserver(list => {
            // as: the entries of this type have a value, which the browser's own types do not know
            for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
              sum += entry.value
          }).observe({ type: 'layout-shift', buffered: true })
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 30)))
        }),
    )
    if (shift > SHIFT_MAX) moved.push(`${name}: ${shift}`)
  }
  await context.close()
  expect(said).toEqual([])
  expect(moved).toEqual([])
})
