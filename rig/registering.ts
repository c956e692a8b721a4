// Registers methods over HTTP, as a browser without script would, and lets somebody in by a pass.
import { issuePass } from '../src/actions/passes.ts'
import { newId, systemRandom } from '../src/lib/random.ts'
import type { Browser, RunningPortal } from './portal.ts'
import { appCodeNow, delivered } from './victims.ts'
import type { TestWorld } from './world.ts'

/** Signed in with a fresh pass. */
export async function enteredByPass(
  portal: RunningPortal,
  world: TestWorld,
  login: string,
): Promise<Browser> {
  const browser = portal.browser()
  const { pass } = await issuePass(world, login, 60)
  await browser.get('/sign-in/pass')
  const got = await browser.post('/sign-in/pass', { login, pass, bot_check: await portal.solve() })
  if (got.status !== 303) throw new Error(`the pass of ${login} opens nothing: ${got.status}`)
  await browser.get('/security-info')
  return browser
}

/** Says the seed of the app. The clock moves past the code that was used. */
export async function addApp(browser: Browser, world: TestWorld): Promise<string> {
  await browser.post('/security-info/add', { method: 'app_code' })
  await browser.get('/security-info/add')
  const seed = /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? ''
  const got = await browser.post('/security-info/confirm', { code: appCodeNow(world, seed) })
  if (got.status !== 303) throw new Error(`the app was not registered: ${got.status}`)
  world.clock.advance(60_000)
  return seed
}

/** Says the address. What was sent before is forgotten. */
export async function addEmail(browser: Browser, world: TestWorld): Promise<string> {
  const address = `${newId(systemRandom).toLowerCase().replace(/\W/g, '')}@private.example`
  await browser.post('/security-info/add', { method: 'email', address })
  await delivered(world)
  const codes = world.sent.flatMap(({ message, address: { to } }) =>
    message.kind === 'address_code' && to === address ? [message.code] : [],
  )
  await browser.get('/security-info/add')
  const got = await browser.post('/security-info/confirm', { code: codes.at(-1) ?? 'none' })
  if (got.status !== 303) throw new Error(`the address was not registered: ${got.status}`)
  return address
}
