import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { BerReader } from 'ldapts'
import { DirectoryError } from '../../directory.ts'
import { deadline } from '../../lib/clock.ts'

/** TCP, StartTLS and the TLS handshake together: short enough for a second server within one read. */
const DIAL_MS = 2_000

/** More than any answer to StartTLS needs. */
const ANSWER_BYTES_MAX = 4_096

export type Host = {
  readonly url: string
  readonly hostname: string
  readonly port: number
  readonly startTls: boolean
}

export type Trust = { readonly ca?: string | undefined; readonly servername?: string | undefined }

/** `ldaps://host:port` or `ldap://host:port`, which means StartTLS. Throws on anything else. */
export function parseHost(url: string): Host {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed?.protocol !== 'ldaps:' && parsed?.protocol !== 'ldap:')
    throw new Error(`not an LDAP address: ${url}`)
  const startTls = parsed.protocol === 'ldap:'
  const hostname = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  return { url, hostname, port: Number(parsed.port) || (startTls ? 389 : 636), startTls }
}

/**
 * A connection whose chain and name are verified, by LDAPS or StartTLS; nothing but the question for StartTLS is
 * sent before that. Both ends here, and not in ldapts, because what an attacker puts behind the clear-text answer
 * must not wait in the parser of what comes encrypted. Throws DirectoryError, `sent` false.
 */
export async function dial(host: Host, trust: Trust, signal: AbortSignal): Promise<TLSSocket> {
  const limit = deadline(DIAL_MS, signal)
  const raw = connectTcp({ host: host.hostname, port: host.port, noDelay: true })
  try {
    await settled(raw, 'connect', limit)
    if (host.startTls) await startTls(raw, limit)
    const secure = connectTls({
      socket: raw,
      host: trust.servername ?? host.hostname,
      ...sni(trust.servername ?? host.hostname),
      ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      // Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    })
    await settled(secure, 'secureConnect', limit)
    return secure
  } catch (error) {
    raw.destroy()
    throw new DirectoryError(`no connection to ${host.url}`, false, error)
  }
}

/** RFC 6066 section 3: an address is no server name. */
const sni = (name: string) => (isIP(name) === 0 ? { servername: name } : {})

function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: unknown): void => {
      signal.removeEventListener('abort', aborted)
      socket.off('error', end).off('close', closed).off(event, done)
      // An error that nobody listens to ends the process.
      socket.on('error', () => undefined)
      if (error === undefined) resolve()
      else reject(error)
    }
    const done = (): void => end()
    const closed = (): void => end(new Error('closed while connecting'))
    const aborted = (): void => {
      socket.destroy()
      end(signal.reason)
    }
    socket.once('error', end).once('close', closed).once(event, done)
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}

/** RFC 4511 section 4.14: message 1, extended request 1.3.6.1.4.1.1466.20037. */
const START_TLS = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from('1.3.6.1.4.1.1466.20037'),
])

function startTls(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const end = (error?: unknown): void => {
      signal.removeEventListener('abort', aborted)
      socket.off('data', data).off('error', end).off('close', closed)
      if (error === undefined) resolve()
      else reject(error)
    }
    const closed = (): void => end(new Error('closed while asking for StartTLS'))
    const aborted = (): void => end(signal.reason)
    const data = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk])
      const answer = judgeStartTls(received)
      if (answer === 'yes') end()
      else if (answer !== 'incomplete') end(new Error(`StartTLS ${answer}`))
    }
    socket.on('data', data).once('error', end).once('close', closed)
    signal.addEventListener('abort', aborted, { once: true })
    socket.write(START_TLS)
  })
}

/** Refused as well: bytes behind the answer, which can only have been put there on the way. */
export function judgeStartTls(received: Buffer): 'yes' | 'incomplete' | 'refused' | 'malformed' {
  if (received.length > ANSWER_BYTES_MAX) return 'malformed'
  try {
    const reader = new BerReader(received)
    if (reader.readSequence(0x30) === null || reader.remain < reader.length) return 'incomplete'
    if (reader.remain > reader.length || reader.readInt() !== 1) return 'malformed'
    reader.readSequence(0x78)
    return reader.readEnumeration() === 0 ? 'yes' : 'refused'
  } catch {
    return 'malformed'
  }
}
