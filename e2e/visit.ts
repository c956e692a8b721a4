// A person with a browser: what they see by its accessible name, in their language, and what the test notes meanwhile.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createTexts, type Phrases, readCatalogues } from '../src/lib/texts.ts'
import type { Messages } from '../src/messages.ts'

const TEXTS = createTexts<Messages>(readCatalogues(fileURLToPath(new URL('../locales', import.meta.url))))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Nothing here takes longer, on a busy machine either. */
const WAIT_MS = 8_000

export type VisitOptions = {
  readonly locale?: 'en' | 'de' | 'ar' | 'ja'
  readonly width?: number
  readonly dark?: boolean
  readonly script?: boolean
  /** The page's own clock can be moved. */
  readonly clock?: boolean
  /** The browser believes any certificate. */
  readonly anyCertificate?: boolean
}

export type Visit = {
  readonly page: Page
  readonly context: BrowserContext
  readonly origin: string
  readonly words: Phrases<Messages>
  readonly script: boolean
  /** Every address that anything in this browser asked for. */
  readonly asked: readonly string[]
  /** How often a reset was begun: one is the honest number. */
  starts(): number
  /** Dead ends, things that do not fit, content-policy breaches, errors of scripts. Empty: none. */
  readonly faults: readonly string[]
  /** What moved though nobody pressed anything in the half second before (Layout Instability API). */
  readonly shifts: readonly string[]
  /** Waits for the page with this heading and looks at it. */
  arrive(heading: string): Promise<void>
  close(): Promise<void>
}

export async function visit(browser: Browser, origin: string, options: VisitOptions = {}): Promise<Visit> {
  const { locale = 'en', width = 1280, dark = false, script = true } = options
  const context = await browser.newContext({
    locale,
    viewport: { width, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
    ignoreHTTPSErrors: options.anyCertificate ?? false,
  })
  context.setDefaultTimeout(WAIT_MS)
  const asked: string[] = []
  const faults: string[] = []
  const shifts: string[] = []
  let starts = 0
  context.on('request', request => {
    asked.push(request.url())
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/reset') starts += 1
  })
  if (script) await watchShifts(context, shifts)
  const page = await context.newPage()
  if (options.clock) await page.clock.install()
  page.on('pageerror', error => faults.push(`${page.url()}: ${error.message}`))
  page.on('console', message => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
  })
  return {
    page,
    context,
    origin,
    words: TEXTS.for(locale, 'UTC'),
    script,
    asked,
    starts: () => starts,
    faults,
    shifts,
    arrive: async heading => {
      const waited = page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()
      await waited.catch(async () => {
        throw new Error(`no page "${heading}", but this one:\n${await page.locator('main').textContent()}`)
      })
      faults.push(...(await lookAt(page)).map(fault => `${heading}: ${fault}`))
    },
    close: () => context.close(),
  }
}

async function watchShifts(context: BrowserContext, shifts: string[]): Promise<void> {
  await context.exposeBinding('noteShift', (_source, text: string) => void shifts.push(text))
  await context.addInitScript(() => {
    // as: the binding above, and entries of a type that the browser's own types do not know
    const { noteShift } = globalThis as unknown as { noteShift(text: string): void }
    new PerformanceObserver(list => {
      for (const entry of list.getEntries() as Shift[]) {
        if (entry.hadRecentInput) continue
        const what = entry.sources.map(({ node, previousRect: from, currentRect: to }) => {
          const name = node instanceof Element ? node.outerHTML.slice(0, 60) : node?.textContent
          return `${name} from ${from.x},${from.y} ${from.width}x${from.height} to ${to.x},${to.y} ${to.width}x${to.height}`
        })
        noteShift(`${document.title}: ${entry.value} ${what.join('; ')}`)
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

type Shift = PerformanceEntry & {
  readonly value: number
  readonly hadRecentInput: boolean
  readonly sources: readonly {
    readonly node: Node | null
    readonly previousRect: DOMRect
    readonly currentRect: DOMRect
  }[]
}

/** A page without a way to a human is a dead end; one that is wider than the window makes people scroll to and fro. */
async function lookAt(page: Page): Promise<string[]> {
  const faults: string[] = []
  if (!(await page.locator('a[href^="tel:"]').first().isVisible())) faults.push('no way to a human')
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  if (tooWide > 0) faults.push(`${tooWide} pixels too wide`)
  return faults
}

/** What axe finds on the page as it stands: WCAG 2.2 A and AA, and axe's own good practice. */
export async function axeFindings({ page }: Visit): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    // as: axe put itself there a line above
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await axe.run({ runOnly })
    return violations.map(
      ({ id, nodes }) => `${document.title}: ${id} ${nodes.map(({ html }) => html).join(' ')}`,
    )
  })
}
