// Who exists, and with what? Strangers compare the answers of the doors to security info, byte by byte (security.md ENU-06, ENU-09).
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { builtinRig } from '../../../rig/builtin.ts'
import { enrolPasskey } from '../../../rig/passkeys.ts'
import { type Answer, type RunningPortal, startPortal, withoutChance } from '../../../rig/portal.ts'
import { personDn } from '../../../rig/slapd.ts'
import { enrol, oldPasswordOf, SELECTED, startVictims, type Victims } from '../../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../../rig/world.ts'
import { assignToken } from '../../actions/assign-token.ts'
import { issuePass } from '../../actions/passes.ts'
import { createPasswordHash } from '../../directories/builtin/password-hash.ts'
import { guarded } from '../../directories/guarded.ts'
import { createHashQueue } from '../../lib/hash-queue.ts'

const TOKEN = {
  serial: 'GALT-9',
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  period: 30,
  manufacturer: '',
  model: '',
}
const HOW = { algorithm: 'SHA1', digits: 6, planned: null } as const

/** One of every kind; p21 has a passkey, p22 a token that waits, p23 a pass, p24 must change, p25 everything. */
const PLAIN = ['alice', 'bob', 'carol', 'pat', 'olga', 'adam', 'p21', 'p22', 'p23', 'p24', 'p25'] as const
const CLOSED = ['dave', 'fay', 'lou'] as const
const NOBODY = ['zz999', 'shared@example.test', 'no@body.example'] as const

let victims: Victims
let world: TestWorld
let portal: RunningPortal
beforeAll(async () => {
  victims = await startVictims()
  await victims.slapd.hand.replace(personDn('p24'), { pwdReset: 'TRUE' })
})
afterAll(() => victims.stop())
beforeEach(async () => {
  world = await testWorld([victims.directory], { settings: SELECTED })
  portal = await startPortal(world)
  for (const login of ['alice', 'dave', 'fay', 'lou', 'pat', 'olga', 'adam', 'p25']) await enrol(world, login)
  await enrol(world, 'bob', ['app_code'])
  for (const login of ['p21', 'p25']) await enrolPasskey(world, login)
  await assignToken(world, { login: 'p22', ...TOKEN }, HOW)
  for (const login of ['p23', 'p25']) await issuePass(world, login, 60)
  return async () => {
    await portal.stop()
    await world.store.close()
  }
})

type Door = {
  readonly path: string
  readonly fields: (login: string) => Readonly<Record<string, string>>
}
const SIGN_IN: Door = { path: '/sign-in', fields: () => ({ password: 'quite another one' }) }
const RIGHT: Door = { path: '/sign-in', fields: login => ({ password: oldPasswordOf(login) }) }
const PASS: Door = { path: '/sign-in/pass', fields: () => ({ pass: 'ABCD-EFGH-JKMN-PQRS-TWXY' }) }

/** All that a stranger sees of one try: status, headers, cookies, the page with its chance taken out, and its sizes. */
async function seen({ path, fields }: Door, login: string, source: string) {
  const browser = portal.browser(source)
  await browser.get(path)
  const got = await browser.post(path, { login, bot_check: await portal.solve(source), ...fields(login) })
  return {
    ...drawn(got, login),
    cookies: [...browser.cookies].map(([name, value]) => `${name}=${value.length}`),
  }
}

function drawn({ status, rawHeaders, text }: Answer, login: string) {
  const page = withoutChance(text.replaceAll(`value="${login}"`, 'LOGIN'))
  const headers = rawHeaders.map((part, index) =>
    index % 2 === 1 && /^(date|content-length)$/i.test(rawHeaders[index - 1] ?? '') ? '…' : part,
  )
  const sizes = [gzipSync(page).length, brotliCompressSync(page).length]
  return {
    status,
    headers: headers.map(part => part.replace(/=[\w.-]{20,}/, '=~')),
    page: page.split(/(?=<)/),
    sizes,
  }
}

/** Each login from a source of its own, so that no limit but those of accounts closes. */
const all = (door: Door, logins: readonly string[], net: string) =>
  Promise.all(logins.map((login, index) => seen(door, login, `${net}.${index + 1}`)))

describe('a stranger with nothing', () => {
  it.each([
    ['a wrong password', SIGN_IN],
    ['a pass that nobody was given', PASS],
  ] as const)('gets the same bytes for %s, whoever is asked for', async (_what, door) => {
    const [first, ...others] = await all(door, [...NOBODY, ...PLAIN, ...CLOSED], '198.51.100')
    expect(first?.status).toBe(422)
    for (const other of others) expect(other).toEqual(first)
  })

  it('meets the same end of patience, for somebody and nobody', async () => {
    // The first look-up of all tells the portal when this directory locks.
    await seen(SIGN_IN, 'p01', '192.0.2.99')
    const patience = async (login: string, net: string) => {
      const answers = []
      for (let n = 1; n < 6; n += 1) answers.push(await seen(SIGN_IN, login, `${net}.${n}`))
      return answers.map(({ status, headers, page }) => [status, headers, page.length])
    }
    const somebody = await patience('p02', '203.0.113')
    expect(await patience('zz999', '203.0.114')).toEqual(somebody)
    expect(somebody.at(-1)?.[0]).toBe(429)
  })

  it('sees no door change for a login in its address', async () => {
    for (const path of ['/sign-in', '/sign-in/pass', '/change']) {
      const pages = await Promise.all(
        ['p25', 'zz999'].map(async login =>
          drawn(await portal.browser().get(`${path}?login=${login}`), login),
        ),
      )
      expect(pages[0]?.page.filter(tag => !tag.includes('altcha'))).toEqual(
        pages[1]?.page.filter(tag => !tag.includes('altcha')),
      )
    }
  })
})

describe('a stranger with the right password', () => {
  it('of an account that is closed is told what everybody is told of a wrong one', async () => {
    const [wrong] = await all(SIGN_IN, ['zz999'], '198.51.100')
    for (const other of await all(RIGHT, CLOSED, '203.0.113')) expect(other).toEqual(wrong)
  })

  it('that must be changed is led to /change; with a wrong one there is no such person', async () => {
    const [nobody, wrong] = await all(SIGN_IN, ['zz999', 'p24'], '198.51.100')
    expect(wrong).toEqual(nobody)
    world.clock.advance(3_600_000)
    const [right] = await all(RIGHT, ['p24'], '203.0.113')
    expect(right?.status).toBe(303)
    expect(right?.headers.find(part => part.startsWith('/change'))).toContain('login=p24')
    expect(right?.cookies.filter(cookie => !cookie.startsWith('postern-form'))).toEqual([])
  })
})

it('a full line of hashes turns everybody away, also who is not there (ENU-09: queue position)', async () => {
  const queue = createHashQueue(2, 1, 0)
  const hash = createPasswordHash(queue, { memoryCost: 256, timeCost: 1, parallelism: 1, outputLen: 32 })
  const rig = await builtinRig({ hash })
  await rig.add('ana', oldPasswordOf('ana'))
  const busy = await testWorld([guarded(rig.directory, world.clock)])
  const crowded = await startPortal(busy)
  const { promise, resolve } = Promise.withResolvers<void>()
  const works = [1, 2, 3].map(() => queue.run(() => promise, AbortSignal.any([])))
  for (const path of ['/sign-in', '/change']) {
    for (const login of ['ana', 'zz999']) {
      const browser = crowded.browser()
      await browser.get(path)
      const fields = { login, password: 'a quite new sentence 4711', old: 'wrong' }
      const got = await browser.post(path, { ...fields, bot_check: await crowded.solve() })
      expect([path, login, got.status]).toEqual([path, login, 503])
    }
  }
  resolve()
  await Promise.all(works)
  await crowded.stop()
  await busy.store.close()
  await rig.stop()
})
