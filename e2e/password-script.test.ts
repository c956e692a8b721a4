// The script of the new password, in a real browser, on the pages as they are sent and under the content policy.
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type SampleSite, serveSamples } from '../rig/page-site.tsx'

let site: SampleSite
let browser: Browser
let page: Page
let posted: URLSearchParams | null
let fetched: string[]
beforeAll(async () => {
  site = await serveSamples(fileURLToPath(new URL('..', import.meta.url)))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
  await site.close()
})
beforeEach(async () => {
  page = await browser.newPage()
  posted = null
  fetched = []
  page.on('request', request => fetched.push(new URL(request.url()).pathname))
  await page.route('**/reset/password', async route => {
    posted = new URLSearchParams(route.request().postData() ?? '')
    await route.fulfill({ contentType: 'text/html', body: 'posted' })
  })
  await page.goto(`${site.origin}/en/password`)
  return () => page.close()
})

const field = () => page.getByLabel('New password', { exact: true })
const again = () => page.getByLabel('New password again')
const button = (name: string) => page.getByRole('button', { name, exact: true })
const submit = async (): Promise<void> => {
  await button('Set new password').click()
  await page.getByText('posted').waitFor()
}

test('the password is hidden until the button shows it, and hidden again when it is sent', async () => {
  await field().fill('river-stone 42')
  expect(await field().getAttribute('type')).toBe('password')
  expect(await button('Show').getAttribute('aria-pressed')).toBe('false')
  await button('Show').click()
  expect(await field().getAttribute('type')).toBe('text')
  expect(await button('Hide').getAttribute('aria-pressed')).toBe('true')
  const type = page.evaluate(
    () =>
      new Promise(resolve => {
        const form = document.querySelector('[data-password-form]')
        form?.addEventListener('submit', () =>
          resolve([document.querySelector('#password')?.getAttribute('type')].join()),
        )
      }),
  )
  await submit()
  expect(await type).toBe('password')
  expect(posted?.get('password')).toBe('river-stone 42')
})

test('the second field stays until the password was shown, and comes back when it is changed unseen', async () => {
  expect(await again().isVisible()).toBe(true)
  await again().fill('river-stone 42')
  await field().fill('river-stone 42')
  expect(await again().isVisible()).toBe(true)
  await button('Show').click()
  expect(await again().isVisible()).toBe(false)
  await field().pressSequentially('x')
  await button('Hide').click()
  expect(await again().isVisible()).toBe(false)
  await field().pressSequentially('y')
  expect(await again().isVisible()).toBe(true)
  expect(await again().inputValue()).toBe('')
})

test('what was shown is sent alone; what was not is sent with the second field', async () => {
  await button('Show').click()
  await field().fill('river-stone 42')
  await submit()
  expect([posted?.has('password_again'), posted?.get('password')]).toEqual([false, 'river-stone 42'])
  await page.goto(`${site.origin}/en/password`)
  await field().fill('river-stone 42')
  await again().fill('river-stone 43')
  await submit()
  expect(posted?.get('password_again')).toBe('river-stone 43')
})

test('the rules that a page can judge are marked at once, and read out after a pause', async () => {
  const long = page.locator('[data-rule="min_length"]')
  const history = page.locator('[data-rule="history"]')
  const spoken = page.locator('form > p[role="status"]')
  expect(await long.textContent()).not.toContain('fulfilled')
  await field().fill('short')
  expect(await long.textContent()).toContain('(not yet fulfilled)')
  expect(await spoken.textContent()).toBe('')
  await expect.poll(() => spoken.textContent()).toMatch(/characters \(not yet fulfilled\)/)
  await field().fill('long enough for the rule 1')
  expect(await long.textContent()).toContain('(fulfilled)')
  expect(await long.getAttribute('class')).toBe('met')
  expect(await history.textContent()).not.toContain('fulfilled')
  await expect.poll(() => spoken.textContent()).toMatch(/characters \(fulfilled\)/)
  await field().fill('')
  expect(await long.textContent()).not.toContain('fulfilled')
})

test('the strength is a hint, fetched when somebody is about to type and not before', async () => {
  const strength = page.locator('[data-strength]')
  const wordsFetched = (): boolean => fetched.some(path => path.includes('strength'))
  expect(wordsFetched()).toBe(false)
  await field().focus()
  await expect.poll(wordsFetched).toBe(true)
  await field().fill('password1234')
  await expect.poll(() => strength.textContent()).toBe('Easy to guess')
  await field().fill('wkzq plumage')
  await expect.poll(() => strength.textContent()).toBe('Very hard to guess')
  await field().fill('Monkey-Dragon-2026!')
  await expect.poll(() => strength.textContent()).toBe('Easy to guess')
  await field().fill('wkzq plumage orbit kestrel 19')
  await expect.poll(() => strength.textContent()).toBe('Very hard to guess')
  await field().fill('')
  await expect.poll(() => strength.textContent()).toBe('')
})

test('without script there are two fields and no button', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const plain = await context.newPage()
  await plain.goto(`${site.origin}/en/password`)
  expect(await plain.getByLabel('New password again').isVisible()).toBe(true)
  expect(await plain.getByRole('button', { name: 'Show' }).isVisible()).toBe(false)
  await context.close()
})
