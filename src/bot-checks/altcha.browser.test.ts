// The browser's solver against the real check, in a real browser, under the portal's content policy.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Browser, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../../rig/browser.ts'
import { fakeClock } from '../../rig/clock.ts'
import { keysOf } from '../../rig/keys.ts'
import { systemRandom } from '../lib/random.ts'
import { createAltcha } from './altcha.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'"
const { now } = fakeClock()
const price = { cost: 500, from: 20, to: 40 }
const botCheck = createAltcha({ keys: keysOf('browser'), random: systemRandom, price })

const seen = { posted: [] as URLSearchParams[], fetched: 0, worker: true, refused: [] as string[] }
let server: Server
let browser: Browser
let page: Page

beforeAll(async () => {
  const scripts = new Map([
    ['/bot-check.js', await built('bot-check')],
    ['/bot-check-worker.js', await built('bot-check-worker')],
  ])
  server = createServer(async (request, response) => {
    const url = request.url ?? '/'
    response.setHeader('content-security-policy', POLICY)
    if (request.method === 'POST') seen.posted.push(new URLSearchParams(await text(request)))
    const script = url === '/bot-check-worker.js' && !seen.worker ? undefined : scripts.get(url)
    if (url === '/api/v1/bot-check') {
      seen.fetched++
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(await botCheck.challenge(now(), false)))
    } else if (script) response.setHeader('content-type', 'text/javascript').end(script)
    else if (url !== '/') response.writeHead(404).end()
    else
      response
        .setHeader('content-type', 'text/html; charset=utf-8')
        .end(await document(request.method === 'POST'))
  }).listen(0, '127.0.0.1')
  browser = await launchBrowser()
})
afterEach(async () => {
  await page.context().close()
  Object.assign(seen, { posted: [], fetched: 0, worker: true, refused: [] })
})
afterAll(async () => {
  await browser.close()
  server.close()
})

async function built(name: string): Promise<string> {
  const bundle = await rolldown({ input: `src/web/browser/${name}.ts` })
  return (await bundle.generate({ format: 'esm', minify: true })).output[0].code
}

/** As the portal draws it. */
async function document(isAnswer: boolean): Promise<string> {
  if (isAnswer) return '<!doctype html><title>answer</title><p id=answer>taken</p>'
  const challenge = JSON.stringify(await botCheck.challenge(now(), false)).replaceAll('"', '&quot;')
  return `<!doctype html><html lang=en><title>start</title><script type=module src=/bot-check.js></script>
    <form method=post action=/ data-bot-check="${challenge}" data-bot-check-worker=/bot-check-worker.js>
    <label>Name <input name=login required></label>
    <p role=status data-bot-check-status data-text-working=working data-text-done=done data-text-failed=failed></p>
    <button name=bot_check value="${botCheck.ticket(now())}">Next</button></form>`
}

async function open(options: { script?: boolean; clock?: boolean } = {}): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: options.script ?? true })
  page = await context.newPage()
  page.on('pageerror', error => seen.refused.push(String(error)))
  page.on('console', message => message.type() === 'error' && seen.refused.push(message.text()))
  const { port } = server.address() as AddressInfo
  if (options.clock) await page.clock.install()
  await page.goto(`http://127.0.0.1:${port}/`)
}
const status = () => page.locator('[role=status]')
const answered = () => page.locator('#answer').waitFor({ timeout: 10_000 })
/** What the one `bot_check` of the one post is worth, at a moment of the server's clock. */
const verdict = async (at = now()) => {
  expect(seen.posted.length).toBe(1)
  const sent = seen.posted[0]?.getAll('bot_check') ?? []
  expect(sent.length).toBe(1)
  return botCheck.verify(sent[0] ?? '', at)
}

it('keeps a press that comes before the solution, and carries it out: by keyboard alone', async () => {
  await open()
  await page.keyboard.press('Tab')
  await page.keyboard.type('anna')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await answered()
  expect(await verdict()).toMatchObject({ ok: true, dear: false })
  expect(seen.posted[0]?.get('login')).toBe('anna')
  expect([seen.refused, seen.fetched]).toEqual([[], 0])
})

it('solves while nothing is pressed, and says so', async () => {
  await open()
  await status().filter({ hasText: 'done' }).waitFor()
  await page.getByLabel('Name').fill('anna')
  await page.getByRole('button').click()
  await answered()
  expect(await verdict()).toMatchObject({ ok: true })
})

it('sends nothing while the form is not filled in', async () => {
  await open()
  await page.getByRole('button').click()
  await status().filter({ hasText: 'done' }).waitFor()
  expect(seen.posted).toEqual([])
})

it('fetches a fresh challenge where the page lay open for too long', async () => {
  await open({ clock: true })
  await page.clock.runFor(1_100)
  await status().filter({ hasText: 'done' }).waitFor()
  await page.clock.fastForward('18:00')
  await page.getByLabel('Name').fill('anna')
  await page.getByRole('button').click()
  await answered()
  expect(seen.fetched).toBe(1)
  expect(await verdict()).toMatchObject({ ok: true })
})

it('sends once, however often it is pressed, and once more after the way back', async () => {
  await open()
  await status().filter({ hasText: 'done' }).waitFor()
  await page.getByLabel('Name').fill('anna')
  // The answer is held back by a form target that never shows it, so that the page stays to be pressed again.
  await page.evaluate('document.forms[0].target = "elsewhere"')
  await page.getByRole('button').dblclick()
  await expect.poll(() => seen.posted.length).toBe(1)
  await page.keyboard.press('Enter')
  await page.evaluate('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
  expect([seen.posted.length, seen.fetched]).toEqual([1, 0])
  await page.getByRole('button').click()
  await expect.poll(() => seen.posted.length).toBe(2)
  const [first, second] = seen.posted.map(post => post.get('bot_check'))
  expect([first === second, seen.fetched]).toEqual([false, 1])
})

it('uses the ticket where no worker runs, and not before the ticket is good', async () => {
  seen.worker = false
  await open({ clock: true })
  await page.getByLabel('Name').fill('anna')
  await page.getByRole('button').click()
  await status().filter({ hasText: 'failed' }).waitFor()
  // The page's time runs on as well, as slowly as a busy machine lets it.
  await page.clock.runFor(14_000)
  expect([seen.posted, await page.getByRole('button').getAttribute('aria-disabled')]).toEqual([[], 'true'])
  await page.clock.runFor(7_000)
  await answered()
  expect(await verdict(now() + 20_000)).toMatchObject({ ok: true, scriptless: true })
})

it('leaves the ticket on the button where no script runs', async () => {
  await open({ script: false })
  await page.getByLabel('Name').fill('anna')
  await page.getByRole('button').click()
  await answered()
  expect(await verdict(now() + 20_000)).toMatchObject({ ok: true, scriptless: true })
})
