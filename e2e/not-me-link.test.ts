// "This was not me" as people press it: in a mail that they read in a browser, on the site of their mail provider.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../rig/browser.ts'
import { type Demo, startDemo } from '../rig/demo.ts'
import { choose, giveCode, giveLogin, givePassword, openStart, say } from './steps.ts'
import { visit } from './visit.ts'

let demo: Demo
let browser: Browser
let webmail: Server
let link = ''
beforeAll(async () => {
  ;[demo, browser] = await Promise.all([startDemo(), launchBrowser()])
  webmail = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<a href="${link}" target="_blank" rel="noopener noreferrer">This was not me</a>`)
  })
  await new Promise<void>(resolve => webmail.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  webmail.close()
  await browser.close()
  await demo.stop()
})

test('the link of a notice works from a webmail, which is another site', { timeout: 60_000 }, async () => {
  const address = 'alice@private.example'
  const owner = await visit(browser, demo.origin)
  await openStart(owner)
  await giveLogin(owner, 'alice')
  await choose(owner, 'app_code')
  await giveCode(owner, await demo.appCode('alice'), 'page.choose.title_second')
  await choose(owner, 'email')
  await giveCode(owner, await demo.mailedCode(address), 'page.password.title')
  await givePassword(owner, 'violet anchors drift north')
  const notice = await demo.mail(address, /Your password was reset/)
  link = /http\S+\/not-me\/[\w-]{43}/.exec(notice.text)?.[0] ?? ''

  const reader = await visit(browser, demo.origin)
  const { port } = webmail.address() as AddressInfo // as: it listens on TCP
  await reader.page.goto(`http://127.0.0.1:${port}/`)
  const [opened] = await Promise.all([
    reader.context.waitForEvent('page'),
    reader.page.getByRole('link').click(),
  ])
  await opened.getByRole('heading', { level: 1 }).waitFor()
  expect(await opened.getByRole('heading', { level: 1 }).textContent()).toBe(
    say(reader, 'page.notice.title_ask'),
  )
  await opened.getByRole('button', { name: say(reader, 'page.notice.submit') }).click()
  await opened.getByRole('heading', { name: say(reader, 'page.notice.title_done') }).waitFor()
})
