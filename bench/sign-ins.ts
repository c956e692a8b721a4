// Sign-ins with a second step, and what is done behind them, as a browser does it: each post and the pages it leads to.
import { clientsAt } from '../rig/clients.ts'
import type { Browser } from '../rig/portal.ts'
import { codeOf, stopped, type Times } from './client.ts'
import { line, nextSource, ofClients, printLoad, runLoad, type Server } from './load.ts'
import { sentBytes } from './pages.ts'
import { type BenchPerson, PASSWORD, solveMany } from './prepare.ts'

type Bench = { readonly server: Server; readonly people: BenchPerson[]; readonly seconds: number }

/** Sign-ins a second are fewer than this, on any machine. */
const SIGN_INS_PER_SECOND_MAX = 150
/** Nobody registers more often than 30 times in an hour. */
const REGISTRATIONS_EACH = 28
const PEOPLE_REGISTERING = 60

/** Prints what sign-ins and registrations cost, and how large their pages are. `people` have an app and an address. */
export async function benchSignIns({ server, people, seconds }: Bench): Promise<void> {
  const solutions = await solveMany(Math.min(people.length, 2 * seconds * SIGN_INS_PER_SECOND_MAX + 50))
  const { browser, leave } = clientsAt(server.port)
  const enter = async (times: Times): Promise<Browser> => {
    const person = people.pop()
    const solution = solutions.pop()
    if (!person || !solution) throw new Error('the bench ran out of people')
    return signedIn(browser(nextSource()), person, solution, times)
  }
  const signIn = async (times: Times): Promise<void> => void (await enter(times))
  await runLoad({ server, clients: 4, seconds: 1, once: signIn })
  for (const clients of [1, 8])
    printLoad(
      `sign-in + app code, ${ofClients(clients)}`,
      'sign-ins',
      await runLoad({ server, clients, seconds, once: signIn }),
    )
  const open = await Promise.all(Array.from({ length: PEOPLE_REGISTERING }, () => enter(new Map())))
  const turns = open.flatMap(browser => Array.from({ length: REGISTRATIONS_EACH }, () => browser))
  // One after the other, so that no two clients are the same person at once.
  let turn = 0
  const register = (times: Times): Promise<void> => {
    const at = turn++
    return registered(turns[(at % open.length) * REGISTRATIONS_EACH + Math.floor(at / open.length)], times)
  }
  await runLoad({ server, clients: 4, seconds: 1, once: register })
  for (const clients of [1, 8])
    printLoad(
      `app code registered, ${ofClients(clients)}`,
      'registrations',
      await runLoad({ server, clients, seconds, once: register }),
    )
  await printPages(server.port, browser(nextSource()), await enter(new Map()))
  leave()
}

/** Through the door and the second step, up to the list of one's methods. */
async function signedIn(
  browser: Browser,
  { login, seed }: BenchPerson,
  solution: string,
  times: Times,
): Promise<Browser> {
  await stopped(times, 'page', () => browser.get('/sign-in'))
  const fields = { login, password: PASSWORD, bot_check: solution }
  await stopped(times, 'password', () => posted(browser, '/sign-in', fields, '/sign-in/step'))
  const method = browser.field('method')
  await stopped(times, 'method', () => posted(browser, '/sign-in/method', { method }, '/sign-in/step'))
  const code = codeOf(seed)
  await stopped(times, 'code', () => posted(browser, '/sign-in/answer', { code }, '/security-info'))
  return browser
}

/** Registers one more app, and takes it away again. */
async function registered(browser: Browser | undefined, times: Times): Promise<void> {
  if (!browser) throw new Error('nobody is signed in')
  const before = methodsIn(browser.page())
  await stopped(times, 'add', () =>
    posted(browser, '/security-info/add', { method: 'app_code' }, '/security-info/add'),
  )
  const code = codeOf(keyIn(browser.page()))
  await stopped(times, 'confirm', () => posted(browser, '/security-info/confirm', { code }, '/security-info'))
  const added = methodsIn(browser.page()).find(path => !before.includes(path)) ?? 'none'
  await stopped(times, 'remove', async () => {
    await browser.get(added)
    await posted(browser, `${added}/remove`, {}, '/security-info')
  })
}

/** Posts, and follows to the page that must be the end. */
async function posted(
  browser: Browser,
  path: string,
  fields: Readonly<Record<string, string>>,
  end: string,
): Promise<void> {
  let answer = await browser.post(path, fields)
  let at = path
  while (answer.status === 303) {
    at = answer.headers.location ?? ''
    answer = await browser.get(at)
  }
  if (answer.status !== 200 || at !== end) throw new Error(`${path}: ${answer.status} at ${at}`)
}

const keyIn = (page: string): string => /class="key">([A-Z2-7 ]+)</.exec(page)?.[1]?.replaceAll(' ', '') ?? ''
const methodsIn = (page: string): string[] =>
  [...page.matchAll(/href="(\/security-info\/methods\/[^"/]+)"/g)].map(([, path]) => path ?? '')

async function printPages(port: number, stranger: Browser, owner: Browser | undefined): Promise<void> {
  if (!owner) throw new Error('nobody is signed in')
  const origin = `http://localhost:${port}`
  const show = async (name: string, browser: Browser): Promise<void> =>
    line(`${name.padEnd(34)} ${await sentBytes(origin, browser.page())}`)
  await stranger.get('/sign-in')
  await show('sign-in page over the wire', stranger)
  await owner.get('/security-info')
  await show('security info over the wire', owner)
  await posted(owner, '/security-info/add', { method: 'app_code' }, '/security-info/add')
  await show('page with the QR code', owner)
}
