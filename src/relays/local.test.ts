import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { decodeFrame, encodeFrame } from '../agent-frame.ts'
import { MESSAGE_BYTES_MAX } from '../relay.ts'
import { type Answer, type RelayPlace, relayConformance } from './conformance.ts'
import { createLocalRelay, OPEN_CALLS_MAX } from './local.ts'

/** Real sockets on loopback, without TLS and hello: those are the web room's. */
async function fresh() {
  const directories = new Map<string, string | null>()
  const relay = createLocalRelay(agent => directories.get(agent) ?? null)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket, request) => {
    const seat = relay.seat(decodeURIComponent((request.url ?? '').slice(1)), {
      send: (number, content) => {
        if (socket.readyState !== WebSocket.OPEN) return false
        socket.send(encodeFrame({ kind: 'call', number, content }))
        return true
      },
      end: () => socket.terminate(),
    })
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame(data)
      if (frame) seat.answered(frame.number, frame.content)
    })
    socket.on('close', () => seat.lost())
    socket.send('seated')
  })
  const { port } = server.address() as AddressInfo // as: it listens on a port, not on a pipe
  const connect = async (agent: string, directory: string | null, answer: Answer) => {
    directories.set(agent, directory)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${encodeURIComponent(agent)}`)
    const asked: string[] = []
    await once(socket, 'message')
    socket.on('message', async (data: Buffer) => {
      const frame = decodeFrame(data)
      if (!frame) return
      asked.push(Buffer.from(frame.content).toString())
      const content = await answer(frame.content)
      if (content && socket.readyState === WebSocket.OPEN)
        socket.send(encodeFrame({ kind: 'answer', number: frame.number, content }))
    })
    return {
      asked,
      drop: async () => {
        socket.terminate()
        await once(socket, 'close')
      },
    }
  }
  return {
    relay,
    connect,
    async close() {
      await relay.close()
      for (const socket of sockets.clients) socket.terminate()
      server.close()
    },
  } satisfies RelayPlace
}

relayConformance('local', fresh)

it('gives an agent with too many calls open no more, and lets others have them (DOS-08)', async () => {
  const place = await fresh()
  await place.connect('a', 'd', async () => null)
  const signal = new AbortController()
  const asked = Array.from({ length: OPEN_CALLS_MAX }, () =>
    place.relay.ask('a', Buffer.from('x'), signal.signal).catch((error: unknown) => error),
  )
  expect(place.relay.ready('d')).toEqual([])
  await expect(place.relay.ask('a', Buffer.from('x'), signal.signal)).rejects.toMatchObject({ sent: false })
  signal.abort()
  for (const error of await Promise.all(asked)) expect(error).toMatchObject({ sent: true })
  await place.close()
})

it('ends the earlier connection of an agent that comes anew, with what was asked on it', async () => {
  const place = await fresh()
  const first = await place.connect('a', 'd', async () => null)
  const asked = place.relay.ask('a', Buffer.from('x'), AbortSignal.timeout(5_000))
  const told = expect(asked).rejects.toMatchObject({ sent: true })
  await expect.poll(() => first.asked).toEqual(['x'])
  await place.connect('a', 'd', async message => message)
  await told
  await place.relay.ask('a', Buffer.from('y'), AbortSignal.timeout(5_000))
  expect(first.asked).toEqual(['x'])
  await place.close()
})

it('takes no frame that is empty, of no kind, or too long', () => {
  const frame = encodeFrame({ kind: 'answer', number: 0xffff_fffe, content: Buffer.from('x') })
  expect(decodeFrame(frame)).toEqual({ kind: 'answer', number: 0xffff_fffe, content: Uint8Array.of(120) })
  expect(decodeFrame(frame.subarray(0, 5))).toBeNull()
  expect(decodeFrame(new Uint8Array(0))).toBeNull()
  expect(decodeFrame(Uint8Array.from([9, 0, 0, 0, 1, 1]))).toBeNull()
  expect(decodeFrame(new Uint8Array(MESSAGE_BYTES_MAX + 6))).toBeNull()
})
