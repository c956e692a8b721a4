// Did a secret get somewhere? Every secret of a test is a unique text of high entropy, so one search decides (INV-6).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every file of a folder as it lies on the disk: a database with its WAL and what SQLite keeps beside it. */
export const filesIn = (folder: string): Buffer[] =>
  readdirSync(folder).map(name => readFileSync(join(folder, name)))

/** Those of `secrets` that stand somewhere in `places`, plain or in a usual encoding. */
export function leaks(places: readonly Buffer[], secrets: readonly string[]): string[] {
  return secrets.filter(secret => formsOf(secret).some(form => places.some(place => place.includes(form))))
}

/** As text, hex, UTF-16 (how Active Directory takes passwords), in an address, and base64 wherever it begins. */
const formsOf = (secret: string): Buffer[] => [
  Buffer.from(secret),
  Buffer.from(Buffer.from(secret).toString('hex')),
  Buffer.from(secret, 'utf16le'),
  Buffer.from(encodeURIComponent(secret)),
  ...[0, 1, 2].map(before => base64Behind(secret, before)),
]

/** The letters of base64 that are the secret's own when `before` bytes stand before it, whatever stands around it. */
function base64Behind(secret: string, before: number): Buffer {
  const text = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64')
  return Buffer.from(text.replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1))
}
