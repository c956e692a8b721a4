import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { CustomFetch } from 'openid-client'
import { IdentityError } from '../identity-provider.ts'
import { guardedLookup, isForbiddenHost } from '../lib/outbound.ts'

export type Outbound = {
  readonly issuer: string
  /** PEM of a private authority, in place of those of the system. */
  readonly ca: string | undefined
  /** Hosts that may be private addresses (`outbound.allow_private`). */
  readonly allowPrivate: readonly string[]
}

/** Key sets of large providers have some 20 kB. */
const ANSWER_BYTES_MAX = 256 * 1024
const CONNECTIONS_MAX = 16

/**
 * Fetches from the issuer's own host and from nowhere else, whatever its metadata name, follows no redirect, and reads no
 * more than 256 KiB. Throws IdentityError `unavailable`.
 */
export function outboundFetch({ issuer, ca, allowPrivate }: Outbound): {
  readonly fetch: CustomFetch
  close(): void
} {
  const { host } = new URL(issuer)
  const agent = new Agent({
    maxSockets: CONNECTIONS_MAX,
    lookup: guardedLookup(allowPrivate),
    ...(ca === undefined ? {} : { ca }),
  })
  const fetch: CustomFetch = async (address, { method, headers, body, signal }) => {
    const url = new URL(address)
    if (url.protocol !== 'https:' || url.host !== host) throw unavailable('another_host')
    if (isForbiddenHost(url.hostname, allowPrivate)) throw unavailable('private_address')
    try {
      const response = await send(url, { method, headers, agent, signal }, body ? String(body) : '')
      return await answered(response)
    } catch (cause) {
      if (cause instanceof IdentityError) throw cause
      throw unavailable(signal?.aborted ? 'no_answer_in_time' : reasonOf(cause))
    }
  }
  return { fetch, close: () => agent.destroy() }
}

const unavailable = (reason: string): IdentityError => new IdentityError('unavailable', reason)

/** ECONNREFUSED, CERT_HAS_EXPIRED and the like; what else an error says may hold an address. */
const reasonOf = (cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^[A-Z0-9_]{1,60}$/.test(code) ? code.toLowerCase() : 'not_reached'
}

type Sending = {
  readonly method: string
  readonly headers: Record<string, string>
  readonly agent: Agent
  readonly signal: AbortSignal | undefined
}

const send = (url: URL, { signal, ...sending }: Sending, body: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(url, { ...sending, ...(signal ? { signal } : {}), rejectUnauthorized: true })
      .on('response', resolve)
      .on('error', reject)
      .end(body)
  })

async function answered(response: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0, headers } = response
  if (status >= 500 || status < 200) {
    response.destroy()
    throw unavailable(`answered_${status}`)
  }
  const parts: Buffer[] = []
  let bytes = 0
  // No encoding was set, so that parts are buffers.
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > ANSWER_BYTES_MAX) {
      response.destroy()
      throw unavailable('answer_too_long')
    }
    parts.push(part)
  }
  const type = headers['content-type']
  return new Response(bytes > 0 ? Buffer.concat(parts) : null, {
    status,
    ...(type === undefined ? {} : { headers: { 'content-type': type } }),
  })
}
