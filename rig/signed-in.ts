// Through the door of security info, as a browser without script would go.
import { seconds } from '../src/lib/clock.ts'
import type { Browser, RunningPortal } from './portal.ts'
import { appCodeNow, oldPasswordOf } from './victims.ts'
import type { TestWorld } from './world.ts'

export type AtDoor = { readonly browser: Browser; readonly status: number; readonly to: string }

/** Gives login and password; `to` is where the answer leads. */
export async function signIn(
  portal: RunningPortal,
  login: string,
  password = oldPasswordOf(login),
  source?: string,
): Promise<AtDoor> {
  const browser = portal.browser(source)
  await browser.get('/sign-in')
  const got = await browser.post('/sign-in', { login, password, bot_check: await portal.solve(source) })
  return { browser, status: got.status, to: got.headers.location ?? '' }
}

/** Signed in to the end, by the authenticator where there is one. The clock moves past the code that was used. */
export async function signedIn(portal: RunningPortal, world: TestWorld, login: string): Promise<Browser> {
  const { browser, to } = await signIn(portal, login)
  if (to === '/sign-in/step') {
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/method', { method: browser.field('method') })
    await browser.get('/sign-in/step')
    await browser.post('/sign-in/answer', { code: appCodeNow(world) })
    world.clock.advance(seconds(60))
  }
  const got = await browser.get('/security-info')
  if (got.status !== 200) throw new Error(`${login} is not signed in: ${got.status}`)
  return browser
}
