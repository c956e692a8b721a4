import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import { type Agent, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { checkServerIdentity, getCACertificates, type PeerCertificate } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'

/** How the agent reaches the server; there is no switch that skips a check. */
export type Transport = {
  /** http://host:port of a proxy that knows CONNECT; null: none. */
  readonly proxy: string | null
  /** PEM text of the authorities that count, instead of the system's. */
  readonly ca: string | null
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo of the server's certificate, in addition to the chain (RFC 7469 section 2.4). */
  readonly spkiPin: string | null
}

/** Options of a request or a WebSocket to `server`. Certificates are checked by chain, name and pin, through a proxy too. */
export function connectionOptions({ proxy, ca, spkiPin }: Transport, server: URL) {
  const agent: Agent | undefined = proxy === null ? undefined : new HttpsProxyAgent(proxy)
  const checked = {
    ca: ca ?? [...getCACertificates('default'), ...getCACertificates('system')],
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true,
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined =>
      checkServerIdentity(host, certificate) ?? checkPin(spkiPin, certificate),
  }
  return { ...(agent ? { agent } : {}), ...(server.protocol === 'https:' ? checked : {}) }
}

/** The pin of a certificate in DER, as `spki_pin` takes it. */
export const pinOf = (der: Uint8Array): string =>
  createHash('sha256')
    .update(new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')

function checkPin(pin: string | null, { raw }: PeerCertificate): Error | undefined {
  if (pin === null) return undefined
  const wanted = Buffer.from(pin, 'base64')
  const found = Buffer.from(pinOf(raw), 'base64')
  const isSame = wanted.length === found.length && timingSafeEqual(wanted, found)
  return isSame ? undefined : new Error('the key of the server’s certificate is not the pinned one')
}

const ANSWER_BYTES_MAX = 16 * 1024

/** Posts JSON and reads a small JSON answer. Throws where no answer came, whatever the reason. */
export function postJson(
  transport: Transport,
  url: URL,
  body: unknown,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const text = JSON.stringify(body)
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const outgoing = request(
      url,
      { method: 'POST', headers, signal, ...connectionOptions(transport, url) },
      incoming => {
        let received = ''
        incoming.setEncoding('utf8')
        incoming.on('error', reject)
        incoming.on('data', (part: string) => {
          received += part
          if (received.length > ANSWER_BYTES_MAX) outgoing.destroy(new Error('the answer is too long'))
        })
        incoming.on('end', () => {
          try {
            resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(received) })
          } catch (cause) {
            reject(new Error('the answer is no JSON', { cause }))
          }
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}
