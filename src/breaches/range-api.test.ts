import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { honestly, type RangeServer, sha1Hex, startRangeServer } from '../../rig/breach-list.ts'
import { leaks } from '../../rig/canary.ts'
import { tempFolder } from '../../rig/child.ts'
import { makePki, type Pki, unknownAuthority } from '../../rig/pki.ts'
import { BreachError } from '../breach.ts'
import { breachConformance } from './conformance.ts'
import { createRangeApi, type RangeApi } from './range-api.ts'

const folder = tempFolder('ranges')
let pki: Pki
let server: RangeServer
const signal = (): AbortSignal => AbortSignal.timeout(10_000)

beforeAll(() => {
  pki = makePki(join(folder.path, 'pki'), '127.0.0.1', ['localhost'])
})
beforeEach(async () => {
  server = await startRangeServer(pki, honestly(['known secret word']))
})
afterEach(() => server.stop())
afterAll(() => folder.remove())

breachConformance('range_api', async known => {
  server.behave(honestly(known))
  return createRangeApi(server.config)
})

/** What came of one look-up: the answer, or the sentence of the error. */
async function ask(
  change: Partial<RangeApi> = {},
  password = 'known secret word',
): Promise<boolean | string> {
  const breach = createRangeApi({ ...server.config, ...change })
  try {
    return await breach.seen(password, signal())
  } catch (error) {
    expect(error).toBeInstanceOf(BreachError)
    return error instanceof Error ? error.message : ''
  } finally {
    await breach.close()
  }
}

it('sends five characters and a wish for padding, and nothing else that knows the password', async () => {
  expect(await ask()).toBe(true)
  const digest = sha1Hex('known secret word')
  expect(server.asked).toHaveLength(1)
  const [asked = ''] = server.asked
  expect(asked.split('\n')[0]).toBe(`GET /range/${digest.slice(0, 5)}`)
  expect(asked).toMatch(/add-padding\ntrue/i)
  expect(asked).not.toMatch(/cookie|authorization|referer/i)
  const secrets = ['known secret word', digest, digest.slice(5), digest.slice(0, 6)]
  expect(leaks([Buffer.from(asked.toUpperCase()), Buffer.from(asked)], secrets)).toEqual([])
})

it('a count of 0 is padding, not a yes', async () => {
  server.behave((_request, response) => response.end(`${sha1Hex('known secret word').slice(5)}:0\r\n`))
  expect(await ask()).toBe(false)
})

const suffix = sha1Hex('known secret word').slice(5)
const body = (text: string) => (_request: unknown, response: { end(text: string): void }) =>
  response.end(text)

describe('no answer is made of', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['a page', '<html>please log in</html>'],
    ['digests that carry their own first characters', `${sha1Hex('known secret word')}:4\r\n`],
    ['a list that breaks off', `${suffix}:4\r\n${suffix.slice(0, 20)}`],
    ['small letters', `${suffix.toLowerCase()}:4`],
    ['no count', suffix],
    ['a negative count', `${suffix}:-1`],
  ])('%s', async (_what, text) => {
    server.behave(body(text))
    expect(await ask()).toBe('its answer is no list of a range')
  })

  it.each([204, 304, 400, 401, 404, 429, 500, 503])('status %i', async status => {
    server.behave((_request, response) => response.writeHead(status).end(status > 399 ? `${suffix}:4` : ''))
    expect(await ask()).toBe(`it answered ${status}, not 200`)
  })

  it.each([301, 302, 303, 307, 308])('a redirect by %i, which is not followed', async status => {
    server.behave((_request, response) =>
      response.writeHead(status, { location: `${server.config.url}00000` }).end(),
    )
    expect(await ask()).toBe(`it answered ${status}, not 200`)
    expect(server.asked).toHaveLength(1)
  })

  it('more than it can be', async () => {
    server.behave((_request, response) => {
      response.on('error', () => undefined)
      const more = (): void =>
        void (response.write(`${suffix}:4\r\n`.repeat(1_000))
          ? setImmediate(more)
          : response.once('drain', more))
      more()
    })
    expect(await ask()).toBe('its answer is too long')
  })

  it('a connection that is cut in the middle', async () => {
    server.behave((_request, response) => {
      response.writeHead(200, { 'content-length': '10000' })
      response.write(`${suffix}:4\r\n`, () => response.destroy())
    })
    expect(await ask()).toBe('it could not be asked')
  })

  it('silence, or an answer that never ends: 1.5 seconds', async () => {
    const from = performance.now()
    server.behave(() => undefined)
    const silent = ask()
    expect(await silent).toBe('it did not answer in time')
    expect(performance.now() - from).toBeLessThan(2_500)
    server.behave((_request, response) => {
      const timer = setInterval(() => response.write(`${suffix}:4\r\n`), 100)
      response.on('close', () => clearInterval(timer))
    })
    expect(await ask()).toBe('it did not answer in time')
    expect(performance.now() - from).toBeLessThan(5_000)
  })
})

describe('nobody is asked', () => {
  it('whose certificate is not right', async () => {
    expect(await ask({ ca: undefined })).toBe('it could not be asked')
    expect(await ask({ ca: unknownAuthority(join(folder.path, 'stranger')) })).toBe('it could not be asked')
    for (const kind of ['expired', 'wrong_name'] as const) {
      const other = await startRangeServer(
        makePki(join(folder.path, kind), '127.0.0.2', [], kind),
        honestly([]),
      )
      const ca = readFileSync(join(folder.path, kind, 'ca.pem'), 'utf8')
      expect([kind, await ask({ url: other.config.url, ca })]).toEqual([kind, 'it could not be asked'])
      expect(other.asked).toEqual([])
      await other.stop()
    }
    expect(server.asked).toEqual([])
  })

  it('at a private address that outbound.allow_private does not name, by number or by name', async () => {
    expect(await ask({ allowPrivate: [] })).toBe('its address is a private one')
    const byName = server.config.url.replace('127.0.0.1', 'localhost')
    expect(await ask({ url: byName, allowPrivate: ['127.0.0.1'] })).toBe('it could not be asked')
    expect(server.asked).toEqual([])
    expect(await ask({ url: byName, allowPrivate: ['localhost'] })).toBe(true)
  })

  it('where nobody listens', async () => {
    const { config } = server
    await server.stop()
    expect(await ask(config)).toBe('it could not be asked')
    server = await startRangeServer(pki, honestly([]))
  })
})
