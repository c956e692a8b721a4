import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

const FILE_BYTES_MAX = 1_000_000

/** Words that stand in examples and manuals in place of a secret (STO-05). */
const PLACEHOLDERS = ['change-me', 'changeme', 'password', 'postern', 'example', 'xxxxxxxx']

/** Reads the files that a deployment file names, and keeps a sentence for each that is not as it must be. */
export class ConfigFiles {
  readonly folder: string
  readonly mistakes: string[] = []
  readonly warnings: string[] = []

  /** `folder`: where relative paths begin, the folder of the deployment file. */
  constructor(folder: string) {
    this.folder = folder
  }

  path(name: string): string {
    return resolve(this.folder, name)
  }

  /** The first line's content; one line end behind it is not part of the secret. */
  secret(key: string, name: string): string {
    const text = this.read(key, name)?.replace(/\r?\n$/, '')
    if (text === undefined) return ''
    if (text === '') this.mistakes.push(`${key} names a file without a secret in it: ${this.path(name)}.`)
    if (text.includes('\n'))
      this.mistakes.push(`${key} names a file with more than one line: ${this.path(name)}.`)
    if (PLACEHOLDERS.includes(text.toLowerCase())) {
      this.mistakes.push(`${key} names a file that holds a placeholder, not a secret: ${this.path(name)}.`)
    }
    if (process.platform !== 'win32' && (statSync(this.path(name)).mode & 0o007) !== 0) {
      this.warnings.push(
        `Everybody on this machine may read ${this.path(name)} (${key}); chmod 600 closes it.`,
      )
    }
    return text
  }

  /** PEM with at least one certificate, each of them readable. */
  certificates(key: string, name: string): string {
    const text = this.read(key, name)
    if (text === undefined) return ''
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    if (blocks.length === 0 || blocks.some(block => !succeeds(() => new X509Certificate(block)))) {
      this.mistakes.push(`${key} names a file that is not a PEM certificate: ${this.path(name)}.`)
    }
    return text
  }

  /** A certificate and the private key that belongs to it. */
  pair(certificate: { key: string; name: string }, secret: { key: string; name: string }): void {
    const pem = this.certificates(certificate.key, certificate.name)
    const before = this.mistakes.length
    const text = this.read(secret.key, secret.name)
    if (text === undefined) return
    if (!succeeds(() => createPrivateKey(text))) {
      this.mistakes.push(
        `${secret.key} names a file that is not a PEM private key: ${this.path(secret.name)}.`,
      )
    }
    if (process.platform !== 'win32' && (statSync(this.path(secret.name)).mode & 0o007) !== 0) {
      this.mistakes.push(`Everybody on this machine may read ${this.path(secret.name)} (${secret.key}).`)
    }
    if (pem === '' || this.mistakes.length > before) return
    if (!succeeds(() => belongs(pem, text))) {
      this.mistakes.push(`${certificate.key} and ${secret.key} do not belong together.`)
    }
  }

  private read(key: string, name: string): string | undefined {
    try {
      const about = statSync(this.path(name))
      if (!about.isFile() || about.size > FILE_BYTES_MAX) throw new Error('not a small file')
      return readFileSync(this.path(name), 'utf8')
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'not a small file'
      this.mistakes.push(`${key} names a file that cannot be read (${code}): ${this.path(name)}.`)
      return undefined
    }
  }
}

function belongs(certificate: string, privateKey: string): void {
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))) throw new Error('no')
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
