// A person without a mouse: Tab, Enter and typing, and nothing else.
import type { Page } from 'playwright-core'
import type { Visit } from './visit.ts'

export type Keyboard = {
  /** Tab by Tab to the control whose name begins so. Throws where a round of the page does not meet it. */
  tabTo(name: string): Promise<void>
  type(text: string): Promise<void>
  /** To a button, and Enter. */
  press(name: string): Promise<void>
  /** Stops at which nothing showed where the focus is. Empty: none. */
  readonly unseen: readonly string[]
}

const STOPS_MAX = 40

type Stop = { readonly name: string; readonly seen: boolean }

export function keyboard({ page }: Visit): Keyboard {
  const unseen: string[] = []
  const tabTo = async (name: string): Promise<void> => {
    const met: string[] = []
    while (met.length < STOPS_MAX) {
      await page.keyboard.press('Tab')
      const stop = await stopOf(page)
      if (!stop.seen) unseen.push(`${await page.title()}: ${stop.name}`)
      if (stop.name.startsWith(name)) return
      met.push(stop.name)
    }
    throw new Error(`Tab never meets "${name}", only ${met.join(' | ')}`)
  }
  return {
    unseen,
    tabTo,
    type: text => page.keyboard.type(text),
    press: async name => {
      await tabTo(name)
      await page.keyboard.press('Enter')
    },
  }
}

/** WCAG 2.4.7, 2.4.11: the stop has an outline of two pixels or more and stands in the window. */
const stopOf = (page: Page): Promise<Stop> =>
  page.evaluate(() => {
    const { activeElement } = document
    if (!(activeElement instanceof HTMLElement) || activeElement === document.body)
      return { name: '(the browser itself)', seen: true }
    const label = activeElement instanceof HTMLInputElement ? activeElement.labels?.[0] : null
    const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
    const { top, bottom } = activeElement.getBoundingClientRect()
    const isInWindow = bottom > 0 && top < window.innerHeight
    return {
      name: (label ?? activeElement).textContent?.trim() ?? '',
      seen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && isInWindow,
    }
  })
