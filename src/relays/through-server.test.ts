import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../rig/child.ts'
import { MESSAGE_BYTES_MAX, type Relay, RelayError } from '../relay.ts'
import { relayThroughServer, shareRelay } from './through-server.ts'

const folder = tempFolder('relay')
const path = join(folder.path, 'agents.sock')
const soon = (): AbortSignal => AbortSignal.timeout(5_000)
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Echoes; `lost` and `busy` are what they say. */
const echo: Relay = {
  ready: directory => (directory === 'people' ? ['b', 'a'] : []),
  async ask(agent, message) {
    const text = Buffer.from(message).toString()
    if (text === 'lost' || text === 'busy') throw new RelayError(text, text === 'lost')
    if (text === 'silent') return new Promise(() => undefined)
    return agent === 'a' ? message : bytes('another')
  },
  cut: () => undefined,
  close: async () => undefined,
}
let shared: { close(): Promise<void> }
beforeEach(async () => {
  shared = await shareRelay(echo, path)
})
afterEach(() => shared.close())

const through = async (): Promise<Relay> => {
  const relay = await relayThroughServer(path, ['people', 'none'], soon())
  if (!relay) throw new Error('no server')
  return relay
}
const sentOf = async (message: string, signal = soon()): Promise<unknown> =>
  (await through()).ask('a', bytes(message), signal).then(
    () => 'answered',
    (error: RelayError) => error.sent,
  )

test('a command asks the agents of a server on this machine, byte by byte', async () => {
  const relay = await through()
  expect([relay.ready('people'), relay.ready('none')]).toEqual([['b', 'a'], []])
  const message = Uint8Array.from({ length: MESSAGE_BYTES_MAX }, (_, at) => at % 251)
  expect(Buffer.compare(await relay.ask('a', message, soon()), message)).toBe(0)
})

test('only its owner may ask', () => {
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('what certainly was not sent is told apart from what nobody knows', async () => {
  expect([await sentOf('busy'), await sentOf('lost')]).toEqual([false, true])
  expect(await sentOf('silent', AbortSignal.timeout(100))).toBe(true)
  expect(await sentOf('x', AbortSignal.abort())).toBe(false)
  const relay = await through()
  await shared.close()
  await expect(relay.ask('a', bytes('x'), soon())).rejects.toMatchObject({ sent: false })
  expect(await relayThroughServer(path, ['people'], soon())).toBeNull()
})

test('a second server does not take the place of one that runs; one that is gone leaves it free', async () => {
  await expect(shareRelay(echo, path)).rejects.toThrow('another server answers')
  await shared.close()
  shared = await shareRelay(echo, path)
  expect((await through()).ready('people').length).toBe(2)
})
