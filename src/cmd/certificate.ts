import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import { seconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Deployment } from './config-types.ts'

/** How often the files are looked at: a renewed certificate is in use soon after. */
export const LOOK_MS = seconds(5)

type TlsFiles = NonNullable<Deployment['tls']>

/** What takes a new certificate while it listens. */
type SecureServer = { setSecureContext(options: SecureContextOptions): void }

export const readPair = ({ certFile, keyFile }: TlsFiles): { cert: string; key: string } => ({
  cert: readFileSync(certFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
})

/**
 * New connections get the certificate that is in the files now (decisions 7.2). A pair that does not fit together is
 * not taken, and looked at again: the second file may be written a moment later. Returns what ends it.
 */
export function renewCertificate(
  server: SecureServer,
  files: TlsFiles,
  log: Log,
  everyMs = LOOK_MS,
): () => void {
  let seen = stampOf(files)
  const timer = setInterval(() => {
    const stamp = stampOf(files)
    if (stamp === seen) return
    try {
      const pair = { ...readPair(files), minVersion: 'TLSv1.2' } as const
      checkPair(pair)
      server.setSecureContext(pair)
      log.info('the certificate was renewed')
    } catch (cause) {
      log.error('the changed certificate cannot be used; the former one stays', { cause })
    }
    seen = stamp
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** OpenSSL takes a key of another certificate without a word, and then fails every handshake. */
function checkPair({ cert, key }: { cert: string; key: string }): void {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return
  throw new Error('the certificate and the key do not belong together')
}

/** Changes with either file, also where a link is turned to another one. */
function stampOf({ certFile, keyFile }: TlsFiles): string {
  try {
    return [certFile, keyFile].map(file => [statSync(file).mtimeMs, statSync(file).ino].join(' ')).join()
  } catch {
    return 'missing'
  }
}
