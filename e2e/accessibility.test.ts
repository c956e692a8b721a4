// What docs/accessibility.md says was tried and axe cannot see: more room between letters, larger letters, colours of the
// system's own, less motion, a window turned, pasting.
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type SampleSite, serveSamples } from '../rig/page-site.tsx'

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

type Look = BrowserContextOptions & { readonly style?: string; readonly size?: readonly [number, number] }

/** Every sample in a language, or the named ones, and what `inspect` complains about. */
async function visitAll(
  locale: string,
  { style, size: [width, height] = [1280, 800], ...options }: Look,
  inspect: (page: Page) => Promise<readonly string[]>,
  names: readonly string[] = site.names,
): Promise<string[]> {
  // The styles that people bring along are put into the page, which its policy forbids to everybody else.
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: true, ...options })
  const page = await context.newPage()
  const found: string[] = []
  for (const name of names) {
    await page.goto(`${site.origin}/${locale}/${name}`)
    if (style) await page.addStyleTag({ content: style })
    found.push(...(await inspect(page)).map(fault => `${name}: ${fault}`))
  }
  await context.close()
  return found
}

/** Text that is cut off, or a page wider than its window. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const tooWide = scrollWidth > clientWidth ? [`${scrollWidth - clientWidth} pixels too wide`] : []
    const isCut = (element: Element): boolean => {
      const { overflowX, overflowY, position } = getComputedStyle(element)
      const isClipping = [overflowX, overflowY].some(each => each === 'hidden' || each === 'clip')
      const isForEars = position === 'absolute' && element.clientWidth <= 1
      return (
        isClipping &&
        !isForEars &&
        (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
      )
    }
    const cut = [...document.querySelectorAll('body *')].filter(isCut)
    return [...tooWide, ...cut.map(element => `cut off: ${element.outerHTML.slice(0, 80)}`)]
  })

/** WCAG 1.4.12, its own four numbers. */
const SPACED = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }`

test.each([
  ['letters further apart, on a wide window', 'de', { style: SPACED }],
  ['letters further apart, on 320 pixels', 'en', { style: SPACED, size: [320, 640] }],
  ['letters twice as large', 'de', { style: 'html { font-size: 200% !important }' }],
  ['a telephone on its side', 'ar', { size: [640, 360], hasTouch: true }],
] as const)('nothing is cut off with %s', { timeout: 60_000 }, async (_look, locale, look) => {
  expect(await visitAll(locale, look, cutOff)).toEqual([])
})

/** A control that has no edge of its own where backgrounds are not drawn. */
const edgeless = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const hasEdge = (element: Element): boolean => {
      const { borderTopStyle, borderTopWidth, appearance } = getComputedStyle(element)
      return appearance !== 'none' || (borderTopStyle !== 'none' && Number.parseFloat(borderTopWidth) >= 1)
    }
    const controls = 'input:not([type=hidden]), button:not(.quiet, .show), a.button'
    return [...document.querySelectorAll(controls)]
      .filter(control => !hasEdge(control))
      .map(control => `no edge: ${control.outerHTML.slice(0, 80)}`)
  })

/** What would hide the focus by lying over it, and fields that do not take what is pasted. */
const hindering = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const floating = [...document.querySelectorAll('body *')].filter(element =>
      ['fixed', 'sticky'].includes(getComputedStyle(element).position),
    )
    const fields = [...document.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio])')]
    const deaf = fields.filter(
      field => !field.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true })),
    )
    return [...floating, ...deaf].map(element => `in the way: ${element.outerHTML.slice(0, 80)}`)
  })

const moving = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    document
      .getAnimations()
      .map(each => (each instanceof CSSAnimation ? each.animationName : 'a transition')),
  )

test('system colours leave every control an edge; nothing moves, floats or refuses what is pasted', {
  timeout: 60_000,
}, async () => {
  const look = { forcedColors: 'active', reducedMotion: 'reduce' } as const
  const all = async (page: Page): Promise<string[]> =>
    (await Promise.all([edgeless(page), hindering(page), moving(page)])).flat()
  expect(await visitAll('en', look, all)).toEqual([])
  expect(await visitAll('en', { reducedMotion: 'no-preference' }, moving, ['writing'])).toEqual([
    'writing: turn',
  ])
})

test('a round of Tab through a page ends where it began', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  for (const name of ['start-full', 'code-mail', 'password', 'done']) {
    await page.goto(`${site.origin}/en/${name}`)
    const names: string[] = []
    for (let stop = 0; stop < 60; stop += 1) {
      await page.keyboard.press('Tab')
      const here = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 60) ?? '')
      if (here.startsWith('<body') || here === names[0]) break
      names.push(here)
    }
    expect(names.length).toBeGreaterThan(4)
    expect(names.length).toBeLessThan(40)
    expect(names[0]).toContain('class="skip"')
  }
  await context.close()
})
