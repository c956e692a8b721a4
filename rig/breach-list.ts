// Lists of breached passwords for tests: the lines as they are downloaded, a filter file made of them, and a server that
// answers ranges of them over TLS on loopback.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildFilter } from '../src/breaches/filter/build.ts'
import type { RangeApi } from '../src/breaches/range-api.ts'
import type { Pki } from './pki.ts'

export const sha1Hex = (password: string): string =>
  createHash('sha1').update(password).digest('hex').toUpperCase()

/** As the public list is downloaded: digest, colon, count, CRLF. */
export const listOf = (passwords: readonly string[], count = 3): string =>
  passwords.map(password => `${sha1Hex(password)}:${count}\r\n`).join('')

/** The path of a filter file in `folder`. */
export async function filterOf(
  folder: string,
  passwords: readonly string[],
  name = 'breach.filter',
): Promise<string> {
  const out = join(folder, name)
  await buildFilter({ input: piecesOf(listOf(passwords)), out, minCount: 1 })
  return out
}

/** Bytes in pieces of any length, so that lines are cut anywhere. */
export async function* piecesOf(text: string, length = 1_000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export type RangeServer = {
  /** How the product is pointed at it. */
  readonly config: RangeApi
  /** All that arrived, one text a request: method, path and headers. */
  readonly asked: string[]
  /** From now on. */
  behave(handler: Handler): void
  stop(): Promise<void>
}

/** Answers as the public range API does, with padding of count 0 in each answer. */
export const honestly =
  (passwords: readonly string[]): Handler =>
  (request, response) => {
    const prefix = request.url?.slice(-5) ?? ''
    const found = passwords.map(sha1Hex).filter(digest => digest.startsWith(prefix))
    const padding = Array.from({ length: 800 }, (_, n) => `${sha1Hex(`padding ${n}`).slice(5)}:0`)
    response.end([...found.map(digest => `${digest.slice(5)}:42`), ...padding].join('\r\n'))
  }

export async function startRangeServer(pki: Pki, handler: Handler): Promise<RangeServer> {
  const asked: string[] = []
  let current = handler
  const tls = { cert: readFileSync(pki.cert), key: readFileSync(pki.key) }
  const server = createServer(tls, (request, response) => {
    asked.push(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}`)
    current(request, response)
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on TCP
  return {
    config: {
      url: `https://127.0.0.1:${port}/range/`,
      ca: readFileSync(pki.ca, 'utf8'),
      allowPrivate: ['127.0.0.1'],
    },
    asked,
    behave: next => {
      current = next
    },
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
