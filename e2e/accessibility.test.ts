// What docs/accessibility.md says was tried and axe cannot see: more room between letters, larger letters, colours of the
// system's own, less motion, a window turned, pasting.
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
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

/** What one look at a page complains about. */
type Inspect = (page: Page) => Promise<readonly string[]>
type Look = { readonly size?: readonly [number, number]; readonly style?: string; readonly inspect: Inspect }

const WIDE = [1280, 800] as const

/** A page under one look after the other, without being loaded again. */
async function underAll(page: Page, looks: Readonly<Record<string, Look>>): Promise<string[]> {
  const found: string[] = []
  for (const [look, { size = WIDE, style = '', inspect }] of Object.entries(looks)) {
    await page.setViewportSize({ width: size[0], height: size[1] })
    await page.evaluate(text => {
      const own =
        document.querySelector('style') ?? document.head.appendChild(document.createElement('style'))
      own.textContent = text
    }, style)
    found.push(...(await inspect(page)).map(fault => `${look}: ${fault}`))
  }
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

const LOOKS: Readonly<Record<string, Look>> = {
  'letters further apart': { style: SPACED, inspect: cutOff },
  'letters further apart, on 320 pixels': { style: SPACED, size: [320, 640], inspect: cutOff },
  'letters twice as large': { style: 'html { font-size: 200% !important }', inspect: cutOff },
  'a telephone on its side': { size: [640, 360], inspect: cutOff },
  'system colours': { inspect: edgeless },
  'less motion': { inspect: moving },
  'as it is': { inspect: hindering },
}

test('every page holds under larger letters, on small windows, in system colours and with less motion', {
  timeout: 120_000,
}, async () => {
  const context = await browser.newContext({
    forcedColors: 'active',
    reducedMotion: 'reduce',
    // The styles that people bring along are put into the page, which its policy forbids to everybody else.
    bypassCSP: true,
  })
  const page = await context.newPage()
  const found: string[] = []
  for (const name of site.names) {
    await page.goto(`${site.origin}/de/${name}`)
    found.push(...(await underAll(page, LOOKS)).map(fault => `${name}, ${fault}`))
  }
  expect(found).toEqual([])
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await page.goto(`${site.origin}/de/writing`)
  expect(await moving(page)).toEqual(['turn'])
  await context.close()
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
