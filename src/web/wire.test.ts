// The wire (security.md WEB-02, WEB-17, WEB-18, WEB-21, DOS-01): smuggled, endless and unknown requests.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningPortal, startPortal } from '../../rig/portal.ts'
import { delivered, enrol, startVictims, type Victims } from '../../rig/victims.ts'
import { type TestWorld, testWorld } from '../../rig/world.ts'

let victims: Victims
let world: TestWorld
let portal: RunningPortal

beforeAll(async () => {
  victims = await startVictims()
  world = await testWorld([victims.directory])
  await enrol(world, 'alice')
  portal = await startPortal(world)
})
afterAll(async () => {
  await portal.stop()
  await world.store.close()
  await victims.stop()
})

describe('the wire', () => {
  const host = (): string => `Host: localhost:${portal.port}\r\n`
  it.each([
    ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}'],
    ['a folded header', 'X-A: b\r\n c: d\r\nContent-Length: 2\r\n\r\n{}'],
    ['a bad chunk', 'Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n'],
    ['an unknown encoding', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 2\r\n\r\n{}'],
    ['a header of 20 kB', `X-Long: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('with %s is refused, and the connection closed', async (_name, rest) => {
    const { text, closed } = await portal.raw(
      `POST /api/v1/resets HTTP/1.1\r\n${host()}Content-Type: application/json\r\n${rest}GET /health/live HTTP/1.1\r\n${host()}\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(text).toContain('application/problem+json')
    expect(closed).toBe(true)
  })

  it('takes no compressed bomb, and no body of a gigabyte', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const bomb = await portal.ask('/api/v1/resets', { method: 'POST', body: '\u001f\u008b', headers })
    expect([400, 415]).toContain(bomb.status)
    const announced = await portal.raw(
      `POST /api/v1/resets HTTP/1.1\r\n${host()}Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n`,
    )
    expect(announced.text).toMatch(/^HTTP\/1\.1 413 /)
    expect(announced.closed).toBe(true)
  })

  it('answers methods that are not there by 405, and echoes nothing', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/api/v1/resets', 'POST'],
      ['PATCH', '/api/v1/resets/x', 'GET, DELETE'],
      ['DELETE', '/', 'GET'],
      ['OPTIONS', '/api/v1/resets', 'POST'],
    ] as const) {
      const answer = await portal.ask(path, { method })
      expect([method, answer.status]).toEqual([method, 405])
      expect(answer.headers.allow).toContain(allow)
    }
    for (const method of ['TRACE', 'CONNECT', 'TRACK']) {
      const { text } = await portal.raw(
        `${method} / HTTP/1.1\r\n${host()}X-Secret: canary-4711\r\nConnection: close\r\n\r\n`,
      )
      expect(text).not.toMatch(/^HTTP\/1\.1 2/)
      expect(text).not.toContain('canary-4711')
    }
  })
})

it('reading changes nothing: every GET, HEAD and OPTIONS twice', async () => {
  const reset = await portal.start('alice')
  await reset.choose('email')
  await delivered(world)
  const state = async () => ({
    reset: await world.store.read(tx => tx.resets.lock(reset.id())),
    records: (await world.store.read(tx => tx.auditRecords(0, 100_000))).length,
    outbox: await world.store.read(tx => tx.outbox.counts(world.clock.now())),
  })
  const before = await state()
  const headers = {
    authorization: `Bearer ${reset.token()}`,
    cookie: `postern-reset=${reset.id()}.${reset.token()}`,
  }
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD'])
    for (const path of [
      '/',
      '/reset',
      '/change',
      '/login-help',
      '/not-me',
      `/not-me/${'a'.repeat(43)}`,
      `/api/v1/resets/${reset.id()}`,
      '/api/v1/bot-check',
      '/health/ready',
    ])
      await portal.ask(path, { method, headers })
  expect(await state()).toEqual(before)
})

it('says where weaknesses are reported, until a day that lies ahead', async () => {
  const { status, headers, text } = await portal.ask('/.well-known/security.txt')
  expect(status).toBe(200)
  expect(headers['content-type']).toContain('text/plain')
  expect(text).toMatch(/^Contact: mailto:/m)
  expect(Date.parse(/^Expires: (.*)$/m.exec(text)?.[1] ?? '')).toBeGreaterThan(world.clock.now())
  expect((await portal.ask('/.well-known/nothing')).status).toBe(404)
})
