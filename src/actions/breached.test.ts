// Breached passwords, from the API to the directory and back: a list in a file, a service that does not answer, and what
// either may learn.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { filterOf, honestly, type RangeServer, sha1Hex, startRangeServer } from '../../rig/breach-list.ts'
import { filesIn, leaks } from '../../rig/canary.ts'
import { tempFolder } from '../../rig/child.ts'
import { makePki } from '../../rig/pki.ts'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import {
  enrol,
  oldPasswordOf,
  passGates,
  realRules,
  records,
  startVictims,
  type Victims,
} from '../../rig/victims.ts'
import { solved, type TestWorld, testWorld } from '../../rig/world.ts'
import { openFilterFile } from '../breaches/filter-file.ts'
import { createRangeApi } from '../breaches/range-api.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../lib/log.ts'
import type { Settings } from '../settings.ts'
import { changePassword } from './change.ts'
import type { World } from './world.ts'

const LEAKED = 'Quiet-harbour-91 leaked'
const FRESH = 'Quiet-harbour-91 unheard of'
/** Refused by our own rules, and on the list. */
const BANNED = 'password1234'

const folder = tempFolder('breached')
let victims: Victims
let server: RangeServer
let world: TestWorld
let portal: RunningPortal | null = null
const lines: string[] = []

beforeAll(async () => {
  victims = await startVictims()
  server = await startRangeServer(makePki(`${folder.path}/pki`, '127.0.0.1', []), honestly([LEAKED, BANNED]))
})
beforeEach(() => server.behave(honestly([LEAKED, BANNED])))
afterEach(async () => {
  await portal?.stop()
  portal = null
  for (const breach of world.breaches) await breach.close()
  await world.store.close()
  lines.length = 0
  server.asked.length = 0
})
afterAll(async () => {
  await server.stop()
  await victims.stop()
  folder.remove()
})

const inFile = async () => openFilterFile(await filterOf(folder.path, [LEAKED, BANNED]))
const atService = () => createRangeApi(server.config)

async function openWorld(
  breaches: World['breaches'],
  breachOutage: Settings['breachOutage'] = 'allow',
  file?: string,
) {
  const where = file === undefined ? {} : { file }
  const made = await testWorld([victims.directory], {
    ...where,
    passwordRules: realRules,
    breaches,
    settings: { breachOutage },
  })
  world = { ...made, log: createLog(line => void lines.push(line)) }
}

/** Somebody with both gates passed, by the API. */
async function atPassword(login: string) {
  await enrol(world, login)
  portal = await startPortal(world)
  const reset = await portal.start(login)
  await passGates(world, reset, login)
  return reset
}

const outages = async () => (await records(world)).filter(({ name }) => name === 'breach.unavailable')

describe('a reset', () => {
  it('refuses a leaked password by name, keeps the proofs, and takes the next one', async () => {
    await openWorld([await inFile()])
    const reset = await atPassword('p10')
    const refused = await reset.password(LEAKED)
    const told = { state: 'password', refusal: { reason: 'breached' } }
    expect(refused).toMatchObject({ status: 422, told })
    expect(await victims.binds('p10', LEAKED)).toBe(false)
    expect((await reset.password(FRESH)).told.state).toBe('done')
    expect(await victims.binds('p10', FRESH)).toBe(true)
    expect(await records(world)).toContainEqual(
      expect.objectContaining({ name: 'reset.password_refused', result: 'refused', reason: 'breached' }),
    )
  })

  it('counts a leaked password as any other refusal: the 21st ends the reset', async () => {
    await openWorld([await inFile()])
    const reset = await atPassword('p11')
    for (let n = 0; n < 20; n += 1)
      expect((await reset.password(LEAKED)).told.refusal?.reason).toBe('breached')
    expect((await reset.password(LEAKED)).told.state).toBe('failed')
    expect(await victims.binds('p11', oldPasswordOf('p11'))).toBe(true)
  })

  it('asks nobody about a password that our own rules refuse', async () => {
    await openWorld([atService()])
    const reset = await atPassword('p12')
    expect((await reset.password(BANNED)).told.refusal?.reason).toBe('banned')
    expect(server.asked).toEqual([])
  })

  it('asks no service about a password that the file knows', async () => {
    await openWorld([await inFile(), atService()])
    const reset = await atPassword('p13')
    expect((await reset.password(LEAKED)).told.refusal?.reason).toBe('breached')
    expect(server.asked).toEqual([])
    expect((await reset.password(FRESH)).told.state).toBe('done')
    expect(server.asked).toHaveLength(1)
  })

  it('holds no transaction open while a service is slow', async () => {
    await openWorld([atService()])
    const reset = await atPassword('p14')
    let free = false
    server.behave(async (_request, response) => {
      free = await world.store.transact(async () => true)
      response.end(`${sha1Hex(LEAKED).slice(5)}:1`)
    })
    expect((await reset.password(LEAKED)).told.refusal?.reason).toBe('breached')
    expect(free).toBe(true)
  })
})

describe('while the service does not answer', () => {
  const broken = async (outage: Settings['breachOutage'], login: string) => {
    await openWorld([atService()], outage)
    server.behave((_request, response) => response.writeHead(503).end())
    return atPassword(login)
  }

  it('allow: the password is set, and the outage is on record', async () => {
    const reset = await broken('allow', 'p15')
    expect((await reset.password(FRESH)).told.state).toBe('done')
    const record = {
      actor: 'server',
      result: 'failed',
      object: 'range_api',
      reason: 'allow',
      reset: reset.id(),
    }
    expect(await outages()).toEqual([expect.objectContaining(record)])
  })

  it('refuse: not now, with all proofs kept and nothing counted; then it goes on', async () => {
    const reset = await broken('refuse', 'p16')
    for (let n = 0; n < 25; n += 1) {
      const { status, told, headers } = await reset.password(FRESH)
      expect([status, told.type?.split(':').at(-1), headers['retry-after']]).toEqual([503, 'not-now', '60'])
    }
    expect(await outages()).toHaveLength(25)
    expect((await outages())[0]).toMatchObject({ reason: 'refuse' })
    expect(await victims.binds('p16', oldPasswordOf('p16'))).toBe(true)
    server.behave(honestly([]))
    expect((await reset.password(FRESH)).told.state).toBe('done')
  })

  it('refuse: what another list knows is refused by its name', async () => {
    await openWorld([atService(), await inFile()], 'refuse')
    server.behave((_request, response) => response.writeHead(503).end())
    const reset = await atPassword('p17')
    expect((await reset.password(LEAKED)).told.refusal?.reason).toBe('breached')
    expect(await outages()).toHaveLength(1)
  })
})

describe('a change with the old password', () => {
  const change = async (login: string, old: string, password: string): Promise<string> => {
    const caller = { source: '198.51.100.7', browser: null, provedBefore: () => false }
    const request = { login, old, password, botCheck: await solved(world), locale: 'en' }
    return changePassword(world, request, caller).then(
      told => (told.said === 'refused' ? told.refusal.reason : told.said),
      (error: unknown) => (error instanceof AppError ? error.code : 'internal'),
    )
  }

  it('tells whoever knows the old one that the new one leaked, and nobody else', async () => {
    await openWorld([atService()])
    expect(await change('p21', 'not the old password', LEAKED)).toBe('wrong')
    expect(await change('nobody-of-that-name', 'not the old password', LEAKED)).toBe('wrong')
    expect(server.asked).toEqual([])
    expect(await change('p18', oldPasswordOf('p18'), LEAKED)).toBe('breached')
    expect(server.asked).toHaveLength(1)
    expect(await change('p18', oldPasswordOf('p18'), FRESH)).toBe('done')
    expect(await victims.binds('p18', FRESH)).toBe(true)
  })

  it('is not now, where policy says so', async () => {
    await openWorld([atService()], 'refuse')
    server.behave((_request, response) => response.writeHead(503).end())
    expect(await change('p19', oldPasswordOf('p19'), FRESH)).toBe('not-now')
    expect(await victims.binds('p19', oldPasswordOf('p19'))).toBe(true)
    expect(await outages()).toHaveLength(1)
  })
})

it('neither password nor digest is sent, stored or logged, whatever comes back', async () => {
  const data = tempFolder('breached-data')
  await openWorld([atService()], 'allow', `${data.path}/canary.db`)
  const reset = await atPassword('p20')
  const passwords = [LEAKED, 'Canary-of-one harbour 17', 'Canary-of-two harbour 29']
  await reset.password(passwords[0])
  server.behave((_request, response) => response.end('<html>no list</html>'))
  await reset.password(passwords[1])
  server.behave((_request, response) => response.destroy())
  await reset.password(passwords[2])
  expect(lines.join('')).toMatch(/a list of breached passwords did not answer/)
  const secrets = passwords.flatMap(password => {
    const digest = sha1Hex(password)
    return [password, digest, digest.slice(5), digest.slice(0, 6)]
  })
  const written = [...server.asked, ...lines, JSON.stringify(await records(world))]
  const places = written.flatMap(text => [Buffer.from(text), Buffer.from(text.toUpperCase())])
  const database = filesIn(data.path)
  expect(
    leaks([...places, ...database], [...secrets, ...secrets.map(secret => secret.toLowerCase())]),
  ).toEqual([])
  expect(leaks(places, [sha1Hex(LEAKED).slice(0, 5)])).toHaveLength(1)
  data.remove()
})
