// Every byte between an agent and its server, as somebody on the wire sees it (and behind TLS, too): a proxy that the
// agent dials through, and what RFC 6455 makes of the bytes.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { decodeFrame, type Frame } from '../src/agent-frame.ts'
import { startConnectProxy } from './connect-proxy.ts'

export type Direction = 'to_server' | 'to_agent'
export type RecordedFrame = Frame & { readonly direction: Direction }

export type WireRecord = {
  /** For `proxy` of an agent's file. */
  readonly url: string
  /** As they went by. */
  bytes(): readonly Buffer[]
  /** Whole binary messages of every WebSocket, unmasked. Throws where there is anything that this cannot read. */
  frames(): readonly RecordedFrame[]
  stop(): Promise<void>
}

type Connection = Readonly<Record<Direction, Buffer[]>>

export async function startWireRecord(port: number): Promise<WireRecord> {
  const connections: Connection[] = []
  const tap = createServer(client => {
    const upstream = connect(port, '127.0.0.1')
    const seen: Connection = { to_server: [], to_agent: [] }
    connections.push(seen)
    carry(client, upstream, seen.to_server)
    carry(upstream, client, seen.to_agent)
  }).listen(0, '127.0.0.1')
  await once(tap, 'listening')
  // as: it listens on a port, not on a pipe
  const proxy = await startConnectProxy(null, (tap.address() as AddressInfo).port)
  return {
    url: proxy.url,
    bytes: () => connections.flatMap(({ to_server: up, to_agent: down }) => [up, down].map(joined)),
    frames: () => connections.flatMap(framesOf),
    async stop() {
      await proxy.stop()
      tap.close()
      await once(tap, 'close')
    },
  }
}

function carry(from: Socket, to: Socket, seen: Buffer[]): void {
  from.on('data', chunk => {
    seen.push(chunk)
    to.write(chunk)
  })
  from.on('error', () => from.destroy())
  from.on('close', () => to.destroy())
}

const joined = (chunks: readonly Buffer[]): Buffer => Buffer.concat([...chunks])

function framesOf(connection: Connection): RecordedFrame[] {
  if (!/^upgrade: websocket/im.test(joined(connection.to_server).toString('latin1'))) return []
  return (['to_server', 'to_agent'] as const).flatMap(direction => {
    const bytes = joined(connection[direction])
    const behindHead = bytes.indexOf('\r\n\r\n') + 4
    return messagesIn(bytes.subarray(behindHead)).map(message => {
      const frame = decodeFrame(message)
      if (!frame) throw new Error('a message that is no frame')
      return { ...frame, direction }
    })
  })
}

const BINARY = 2
/** Close, ping and pong. */
const CONTROL = 8

/** RFC 6455 section 5.2; each message is one frame here, neither split nor compressed. */
function messagesIn(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const [first, second] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)]
    const lengthBytes = { 126: 2, 127: 8 }[second & 0x7f] ?? 0
    const length =
      lengthBytes === 0 ? second & 0x7f : Number(`0x${bytes.toString('hex', at + 2, at + 2 + lengthBytes)}`)
    const maskAt = at + 2 + lengthBytes
    const begin = maskAt + (second & 0x80 ? 4 : 0)
    const mask = bytes.subarray(maskAt, begin)
    const content = bytes.subarray(begin, begin + length)
    at = begin + length
    if ((first & 0x0f) >= CONTROL) continue
    if (first !== (0x80 | BINARY)) throw new Error(`a WebSocket frame that begins with ${first}`)
    messages.push(Buffer.from(content.map((byte, index) => byte ^ (mask[index % 4] ?? 0))))
  }
  return messages
}
