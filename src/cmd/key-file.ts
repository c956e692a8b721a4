import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { type Instant, toRfc3339 } from '../lib/clock.ts'
import { newBase32, type Random } from '../lib/random.ts'
import { KEY_BYTES, KEY_USES, type Key, type KeyUse } from '../lib/seal.ts'

/** Thirty-two random bytes hold about thirty different ones; fewer than this was typed, not drawn. */
const DIFFERENT_BYTES_MIN = 16
const FILE_BYTES_MAX = 1_000_000
const ID_CHARACTERS = 12

/** A key ring, or everything that is wrong with its file, a sentence each. */
export type KeyFile =
  | { readonly ok: true; readonly ring: readonly Key[] }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/** Reads and checks a key ring (decisions 7.6, STO-05): mode 0600, every use, 32 drawn bytes or more. Throws nothing. */
export function readKeyFile(path: string): KeyFile {
  let text: string
  try {
    const about = statSync(path)
    if (!about.isFile() || about.size > FILE_BYTES_MAX) return no(`The key file ${path} is not a key ring.`)
    if (process.platform !== 'win32' && (about.mode & 0o077) !== 0) {
      return no(`The key file ${path} can be read by others than its owner; run: chmod 600 ${path}`)
    }
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return no(
      `The key file ${path} cannot be read (${codeOf(error)}); "postern key create ${path}" makes one.`,
    )
  }
  return parseRing(path, text)
}

const no = (...mistakes: string[]): KeyFile => ({ ok: false, mistakes })

function parseRing(path: string, text: string): KeyFile {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return no(`The key file ${path} is not JSON.`)
  }
  const list = isRecord(document) && Array.isArray(document['keys']) ? document['keys'] : null
  const ring = list?.map(readKey) ?? []
  if (!list || ring.includes(null)) return no(`The key file ${path} is not a key ring.`)
  const keys = ring.filter(key => key !== null)
  const mistakes = weaknesses(keys).map(what => `The key file ${path} ${what}.`)
  return mistakes.length > 0 ? no(...mistakes) : { ok: true, ring: keys }
}

function readKey(item: unknown): Key | null {
  if (!isRecord(item)) return null
  const { id, use, created, secret } = item
  const known = KEY_USES.find(name => name === use)
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id) || !known) return null
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created)) || typeof secret !== 'string')
    return null
  return { id, use: known, created, secret: Buffer.from(secret, 'base64url') }
}

function weaknesses(ring: readonly Key[]): string[] {
  const missing = KEY_USES.filter(use => !ring.some(key => key.use === use)).map(
    use => `has no key for the use "${use}"`,
  )
  const weak = ring.flatMap(({ id, secret }) => {
    if (secret.length < KEY_BYTES)
      return [`holds a key that is too short: ${id} has ${secret.length} bytes, not 32`]
    return new Set(secret).size < DIFFERENT_BYTES_MIN ? [`holds a key that nobody drew at random: ${id}`] : []
  })
  const isTwice = (values: string[]): boolean => new Set(values).size < values.length
  return [
    ...missing,
    ...weak,
    ...(isTwice(ring.map(key => key.id)) ? ['names two keys alike'] : []),
    ...(isTwice(ring.map(key => Buffer.from(key.secret).toString('hex'))) ? ['holds one secret twice'] : []),
  ]
}

/** A new key for `use`; newer than every other key of the ring, whatever the clock says, so that it is used at once. */
export function newKey(use: KeyUse, ring: readonly Key[], random: Random, now: Instant): Key {
  const latest = Math.max(0, ...ring.map(key => Date.parse(key.created)))
  const created = toRfc3339(Math.max(now, latest + 1))
  return { id: newBase32(random, ID_CHARACTERS), use, created, secret: random.bytes(KEY_BYTES) }
}

/** One key for each use. */
export const newRing = (random: Random, now: Instant): Key[] =>
  KEY_USES.map(use => newKey(use, [], random, now))

/** Writes a new key file, mode 0600. False where the file is there already: a key ring is never written over. */
export function createKeyFile(path: string, ring: readonly Key[]): boolean {
  try {
    writeDurably(path, ring)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Replaces the ring in one step: whoever reads meanwhile sees the old one or the new one, whole. */
export function replaceKeyFile(path: string, ring: readonly Key[]): void {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  writeDurably(fresh, ring)
  renameSync(fresh, path)
}

function writeDurably(path: string, ring: readonly Key[]): void {
  const keys = ring.map(key => ({ ...key, secret: Buffer.from(key.secret).toString('base64url') }))
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, `${JSON.stringify({ keys }, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Why `key retire` may not take this key out of the ring; null where it may. */
export function whyNotRetire(ring: readonly Key[], id: string): string | null {
  const key = ring.find(candidate => candidate.id === id)
  if (!key) return `The key ring has no key ${id}.`
  const newest = ring.filter(other => other.use === key.use).every(other => other.created <= key.created)
  return newest ? `The key ${id} is the one in use for "${key.use}"; add a newer one first.` : null
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
