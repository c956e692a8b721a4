// Certificates for tests, by openssl: an authority, a server certificate, and the three kinds that must be refused.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.ts'

/** Paths of PEM files; `key` is readable by its owner only. */
export type Pki = { readonly ca: string; readonly cert: string; readonly key: string }

export type CertificateKind = 'valid' | 'expired' | 'wrong_name' | 'unknown_ca'

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/**
 * An authority and one server certificate for `address` and `names`, ECDSA P-256, in `folder`.
 * `expired`: ended yesterday. `wrong_name`: made out to another host. `unknown_ca`: signed by an authority
 * that is not the one in `ca`.
 */
export function makePki(
  folder: string,
  address: string,
  names: readonly string[],
  kind: CertificateKind = 'valid',
): Pki {
  mkdirSync(folder, { recursive: true })
  const ca = makeAuthority(folder, 'ca')
  const signer = kind === 'unknown_ca' ? makeAuthority(folder, 'unknown-ca') : ca
  const subject = kind === 'wrong_name' ? 'DNS:elsewhere.example.org' : subjectNames(address, names)
  return { ca: ca.cert, ...signServer(folder, signer, subject, kind === 'expired') }
}

/** The PEM text of an authority that signed nothing: what a client must not trust a server by. */
export function unknownAuthority(folder: string): string {
  mkdirSync(folder, { recursive: true })
  return readFileSync(makeAuthority(folder, 'stranger-ca').cert, 'utf8')
}

type Authority = { readonly cert: string; readonly key: string }

function makeAuthority(folder: string, name: string): Authority {
  const authority = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
  run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', '3650', '-subj', `/CN=Postern test ${name}`],
    ...extensions.flatMap(extension => ['-addext', extension]),
    ...['-keyout', authority.key, '-out', authority.cert],
  ])
  chmodSync(authority.key, 0o600)
  return authority
}

/** 127.0.0.1 always, so that a fault proxy can stand in front with the same certificate. */
const subjectNames = (address: string, names: readonly string[]): string =>
  [...new Set([address, '127.0.0.1'])]
    .map(each => `IP:${each}`)
    .concat(names.map(name => `DNS:${name}`))
    .join(',')

function signServer(folder: string, signer: Authority, subject: string, expired: boolean): Omit<Pki, 'ca'> {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const request = join(folder, 'request.pem')
  const extensions = join(folder, 'extensions.cnf')
  writeFileSync(
    extensions,
    `subjectAltName=${subject}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
  )
  run('openssl', [
    'req',
    ...NEW_KEY,
    '-subj',
    '/CN=Postern test server',
    '-keyout',
    files.key,
    '-out',
    request,
  ])
  chmodSync(files.key, 0o600)
  const days = expired ? '-1' : '825'
  const serial = ['-CA', signer.cert, '-CAkey', signer.key, '-CAcreateserial']
  run('openssl', [
    'x509',
    '-req',
    '-in',
    request,
    ...serial,
    '-days',
    days,
    '-extfile',
    extensions,
    '-out',
    files.cert,
  ])
  return files
}
