// Somebody who speaks the agents' protocol by hand, and breaks it.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { IdentityFile } from '../src/agent/identity.ts'
import { decodeFrame, encodeFrame, type Frame } from '../src/agent-frame.ts'
import { offerHello, proveHello } from '../src/agent-hello.ts'
import { systemRandom } from '../src/lib/random.ts'
import type { AgentSite } from './agent-site.ts'

export type RawAgent = {
  readonly socket: WebSocket
  readonly frames: readonly Frame[]
  readonly texts: () => readonly string[]
  send(kind: Frame['kind'], text: string | Uint8Array, number?: number): void
  /** The status of an upgrade that was refused; null: the connection was closed later, with this code. */
  readonly over: Promise<{ readonly status: number | null; readonly code: number }>
  opened(): Promise<void>
  /** What came first from the server, or null where it closed instead. */
  first(): Promise<string | null>
}

export function rawAgent(site: AgentSite, headers: Readonly<Record<string, string>> = {}): RawAgent {
  const url = `${site.origin.replace(/^http/, 'ws')}/agent/v1/connection`
  const ca = site.transport.ca === null ? {} : { ca: site.transport.ca }
  const socket = new WebSocket(url, { headers: { ...headers }, perMessageDeflate: true, ...ca })
  const frames: Frame[] = []
  let status: number | null = null
  socket.on('error', () => undefined)
  socket.on('unexpected-response', (request, response) => {
    status = response.statusCode ?? 0
    request.destroy()
    socket.terminate()
  })
  socket.on('message', (data: Buffer) => {
    const frame = decodeFrame(data)
    if (frame) frames.push(frame)
  })
  const over = new Promise<{ status: number | null; code: number }>(resolve => {
    socket.on('close', code => resolve({ status, code }))
  })
  const opened = new Promise<void>(resolve => {
    socket.on('open', () => resolve())
  })
  const texts = (): string[] => frames.map(({ content }) => Buffer.from(content).toString())
  return {
    ...{ socket, frames, texts, over },
    send: (kind, text, number = 0) =>
      socket.send(
        encodeFrame({ kind, number, content: typeof text === 'string' ? Buffer.from(text) : text }),
      ),
    opened: () => opened,
    first: async () => {
      if (frames.length === 0) await Promise.race([once(socket, 'message'), over])
      return texts()[0] ?? null
    },
  }
}

/** A hello done right; what both sides said is given back, to be used again. */
export async function rawHello(
  site: AgentSite,
  identity: IdentityFile,
): Promise<RawAgent & { readonly offer: string; readonly proof: string }> {
  const raw = rawAgent(site)
  await raw.opened()
  const offer = offerHello(identity.ends(), systemRandom)
  raw.send('hello', offer)
  const reply = await raw.first()
  const proven = proveHello(identity.ends(), offer, reply ?? '', site.world.clock.now())
  if (!proven.ok) throw new Error(proven.refusal)
  raw.send('hello', proven.value.proof)
  while (raw.frames.length < 2) await once(raw.socket, 'message')
  return { ...raw, offer, proof: proven.value.proof }
}
