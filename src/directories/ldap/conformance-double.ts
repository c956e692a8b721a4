// A server that says whatever a test wants, for what no real one here can be brought to: policy hints, referrals,
// controllers that are read-only. It speaks just enough LDAP (RFC 4511) over TLS.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { BerReader, BerWriter } from 'ldapts'
import { tempFolder } from '../../../rig/child.ts'
import { makePki } from '../../../rig/pki.ts'

export type Request = {
  readonly operation: 'bind' | 'search' | 'modify' | 'extended' | 'other'
  /** Of a bind, a search or a modification: the DN it is about. */
  readonly dn: string
  readonly controls: readonly string[]
  readonly bytes: Buffer
}

export type Values = Readonly<Record<string, readonly (string | Buffer)[]>>
export type Response = {
  readonly code?: number
  readonly text?: string
  readonly entries?: readonly { readonly dn: string; readonly values: Values }[]
}

export type Double = {
  readonly url: string
  readonly ca: string
  readonly requests: readonly Request[]
  readonly stop: () => Promise<void>
}

export async function startDouble(answer: (request: Request) => Response | null): Promise<Double> {
  const folder = tempFolder('ldap-double')
  const pki = makePki(folder.path, '127.0.0.1', ['localhost'])
  const requests: Request[] = []
  const sockets = new Set<TLSSocket>()
  const server = createServer({ cert: readFileSync(pki.cert), key: readFileSync(pki.key) }, socket => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (let size = sizeOf(rest); size > 0 && size <= rest.length; size = sizeOf(rest)) {
        const { id, request } = read(rest.subarray(0, size))
        rest = rest.subarray(size)
        requests.push(request)
        const response = answer(request)
        if (response) for (const message of messages(id, request, response)) socket.write(message)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ldaps://127.0.0.1:${(server.address() as AddressInfo).port}`, // as: it listens on TCP.
    ca: readFileSync(pki.ca, 'utf8'),
    requests,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      const closed = once(server, 'close')
      server.close()
      await closed
      folder.remove()
    },
  }
}

/** Of the message that begins here; 0: not to be told yet. */
function sizeOf(bytes: Buffer): number {
  const reader = new BerReader(bytes)
  return reader.readSequence() === null ? 0 : reader.offset + reader.length
}

const OPERATIONS: Readonly<Record<number, Request['operation']>> = {
  96: 'bind',
  99: 'search',
  102: 'modify',
  119: 'extended',
}

function read(bytes: Buffer): { id: number; request: Request } {
  const reader = new BerReader(bytes)
  reader.readSequence()
  const id = reader.readInt() ?? 0
  const operation = OPERATIONS[reader.readSequence() ?? 0] ?? 'other'
  const end = reader.offset + reader.length
  if (operation === 'bind') reader.readInt()
  const dn = operation === 'other' || operation === 'extended' ? '' : (reader.readString() ?? '')
  reader.offset = end
  return { id, request: { operation, dn, controls: controlsOf(reader), bytes } }
}

function controlsOf(reader: BerReader): string[] {
  const types: string[] = []
  if (reader.peek() !== 0xa0) return types
  reader.readSequence()
  const end = reader.offset + reader.length
  while (reader.offset < end) {
    reader.readSequence()
    const next = reader.offset + reader.length
    types.push(reader.readString() ?? '')
    reader.offset = next
  }
  return types
}

const ANSWERS = { bind: 0x61, search: 0x65, modify: 0x67, extended: 0x78, other: 0x78 } as const

function messages(id: number, { operation }: Request, { code, text, entries }: Response): Buffer[] {
  const found = (entries ?? []).map(entry => message(id, 0x64, writer => writeEntry(writer, entry)))
  const last = message(id, ANSWERS[operation], writer => {
    writer.writeEnumeration(code ?? 0)
    writer.writeString('')
    writer.writeString(text ?? '')
  })
  return [...found, last]
}

function message(id: number, tag: number, body: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(tag)
  body(writer)
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}

function writeEntry(writer: BerWriter, entry: { readonly dn: string; readonly values: Values }): void {
  writer.writeString(entry.dn)
  writer.startSequence()
  for (const [name, values] of Object.entries(entry.values)) {
    writer.startSequence()
    writer.writeString(name)
    writer.startSequence(0x31)
    for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04)
    writer.endSequence()
    writer.endSequence()
  }
  writer.endSequence()
}
