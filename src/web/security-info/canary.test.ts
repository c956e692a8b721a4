// What people register lies in no file, log or record as they typed or saw it (security.md INV-6, AUD-05, BKP-01, KBQ-02, OTP-05).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { filesIn, leaks } from '../../../rig/canary.ts'
import { tempFolder } from '../../../rig/child.ts'
import { type Browser, startPortal } from '../../../rig/portal.ts'
import { signIn } from '../../../rig/signed-in.ts'
import {
  ANSWERS,
  appCodeNow,
  delivered,
  oldPasswordOf,
  records,
  startVictims,
  type Victims,
} from '../../../rig/victims.ts'
import { testWorld } from '../../../rig/world.ts'
import { issuePass } from '../../actions/passes.ts'
import { METHOD_NAMES } from '../../method.ts'

let victims: Victims
beforeAll(async () => {
  victims = await startVictims()
})
afterAll(() => victims.stop())

const cookieOf = (browser: Browser, name: string): string =>
  (browser.cookies.get(name) ?? '').split('.')[1] ?? ''

it('a first registration of everything, finished and unfinished, leaves no secret behind', async () => {
  const folder = tempFolder('canary')
  const logged: unknown[] = []
  const log = (...line: unknown[]) => void logged.push(line)
  const plain = await testWorld([victims.directory], {
    file: `${folder.path}/store.db`,
    settings: { methods: [...METHOD_NAMES] },
  })
  const world = { ...plain, log: { info: log, warn: log, error: log } }
  const portal = await startPortal(world)
  const { browser } = await signIn(portal, 'p01')
  const secrets = [oldPasswordOf('p01'), cookieOf(browser, 'postern-session'), ...Object.values(ANSWERS)]
  const begin = async (fields: Readonly<Record<string, string>>): Promise<string> => {
    await browser.get('/security-info')
    const { text } = await browser.post('/security-info/add', fields)
    await browser.get('/security-info/add')
    return text
  }
  const key = async (): Promise<string> => {
    await begin({ method: 'app_code' })
    return /class="key">([A-Z2-7 ]+)</.exec(browser.page())?.[1]?.replaceAll(' ', '') ?? 'none'
  }
  const shown = await begin({ method: 'recovery_code' })
  secrets.push(
    ...[...shown.matchAll(/<code>([A-Z2-7-]+)<\/code>/g)].map(([, code = '']) => code.replaceAll('-', '')),
  )
  const seed = await key()
  expect((await browser.post('/security-info/confirm', { code: appCodeNow(world, seed) })).status).toBe(303)
  await begin({ method: 'security_questions' })
  const chosen = Object.entries(ANSWERS).flatMap(([topic, answer], index) => [
    [`topic_${index + 1}`, topic],
    [`answer_${index + 1}`, answer],
  ])
  expect((await browser.post('/security-info/confirm', Object.fromEntries(chosen))).status).toBe(303)
  await begin({ method: 'email', address: 'canary.4711@private.example' })
  secrets.push(seed, 'canary.4711@private.example', await key())
  const { pass } = await issuePass(world, 'p02', 60)
  secrets.push(pass, pass.replaceAll('-', ''))
  await browser.get('/sign-in/pass')
  const wrong = { login: 'p02', pass: 'WXYZ-canary-4711-WXYZ', bot_check: await portal.solve() }
  expect((await browser.post('/sign-in/pass', wrong)).status).toBe(422)
  await delivered(world)
  expect(secrets.length).toBeGreaterThan(20)
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(9)
  const told = Buffer.from(JSON.stringify([logged, await records(world)]))
  expect(leaks([told, ...filesIn(folder.path)], [...secrets, 'canary-4711'])).toEqual([])
  await portal.stop()
  await world.store.close()
  folder.remove()
})
