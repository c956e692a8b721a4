// The small scripts of the portal, each in a real browser with a clock of its own.
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type SampleSite, serveSamples } from '../rig/page-site.tsx'
import { SAMPLE_NOW } from '../rig/reset-samples.tsx'
import { minutes, seconds } from '../src/lib/clock.ts'

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

/** A sample page whose clock stands at the samples' moment; posts are answered by `answers`, by path. */
async function open(
  name: string,
  answers: Readonly<Record<string, string>> = {},
  timezoneId = 'Europe/Berlin',
) {
  const context = await browser.newContext({ timezoneId })
  const page = await context.newPage()
  const posted: string[] = []
  await page.clock.install({ time: SAMPLE_NOW })
  await page.route(/\/(reset|finish)(\/\w+)?$/, async route => {
    const path = new URL(route.request().url()).pathname
    posted.push(`${route.request().method()} ${path} ${route.request().postData() ?? ''}`.trim())
    const sample = answers[path] ?? 'failed-expired'
    await route.fulfill({ contentType: 'text/html', body: site.html('en', sample) })
  })
  await page.goto(`${site.origin}/en/${name}`)
  return { page, posted, close: () => context.close() }
}

/** Lets `ms` pass at the end of which the page is left: a page that is gone need not answer that time has passed. */
async function passUntilLeft(page: Page, ms: number): Promise<void> {
  const left = page.waitForEvent('framenavigated')
  void page.clock.fastForward(ms).catch(() => undefined)
  await left
}

const limitText = (page: Page): Promise<string | null> =>
  page.locator('.limit p > span:not([hidden])').textContent()

test('two minutes before the end the page offers more time, and the same press keeps what was typed', async () => {
  const { page, posted, close } = await open('code-app', { '/reset/extension': 'code-mail' })
  const more = page.getByRole('button', { name: 'Give me more time' })
  expect(await limitText(page)).toMatch(/^This page stays open until 3:00/)
  expect(await more.isVisible()).toBe(false)
  await page.getByLabel('Code').fill('123')
  await page.clock.fastForward('26:59')
  expect(await more.isVisible()).toBe(false)
  await page.clock.fastForward('00:02')
  expect(await limitText(page)).toMatch(/^Two minutes left: this page closes at 3:00/)
  await more.click()
  await page.getByText('This page stays open until').waitFor()
  expect(await more.isVisible()).toBe(false)
  expect(await page.getByLabel('Code').inputValue()).toBe('123')
  expect(posted).toEqual(['POST /reset/extension form_token=f3b1c2d4'])
  await close()
})

test('at the end the page shows what became of the reset', async () => {
  const { page, close } = await open('code-app')
  await passUntilLeft(page, minutes(29) + seconds(2))
  await page.getByRole('heading', { name: 'The time is over' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/reset')
  await close()
})

test('an extension that fails is sent the plain way', async () => {
  const { page, close } = await open('code-shared', { '/reset/extension': 'failed-expired' })
  await page.getByRole('button', { name: 'Give me more time' }).click()
  await page.getByRole('heading', { name: 'The time is over' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/reset/extension')
  await close()
})

test('a waiting page moves on by itself when the state is another one, and not before', async () => {
  const answers: Record<string, string> = { '/reset': 'uncertain' }
  const { page, posted, close } = await open('uncertain', answers)
  await page.clock.runFor(3_100)
  await expect.poll(() => posted.length).toBe(1)
  await page.clock.runFor(3_100)
  await expect.poll(() => posted.length).toBe(2)
  expect(new URL(page.url()).pathname).toBe('/en/uncertain')
  answers['/reset'] = 'done'
  await passUntilLeft(page, 3_100)
  await page.getByRole('heading', { name: 'Your new password is set' }).waitFor()
  await close()
})

test('a shared computer presses Finish a minute after the end', async () => {
  const { page, posted, close } = await open('done-shared', { '/finish': 'closed-off' })
  await page.clock.fastForward('00:59')
  expect(posted).toEqual([])
  await passUntilLeft(page, seconds(2))
  await expect.poll(() => posted).toEqual(['POST /finish form_token=f3b1c2d4'])
  await close()
})

test('a shared computer presses Finish after ten idle minutes; typing is not idle', async () => {
  const { page, posted, close } = await open('password-shared', { '/finish': 'closed-off' })
  await page.clock.fastForward('09:00')
  await page.getByLabel('New password', { exact: true }).pressSequentially('x')
  await page.clock.fastForward('09:00')
  expect(posted).toEqual([])
  await passUntilLeft(page, seconds(65))
  await expect.poll(() => posted).toEqual(['POST /finish form_token=f3b1c2d4'])
  await close()
})

test('a reader elsewhere sees times of day in their own zone', async () => {
  const { page, close } = await open('code-mail', {}, 'Asia/Tokyo')
  expect(await limitText(page)).toMatch(/^This page stays open until 11:00/)
  await close()
})

test('a problem has the focus, so that it is read out first', async () => {
  const { page, close } = await open('start-problem')
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('problem')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('login')
  await close()
})
