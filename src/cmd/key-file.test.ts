import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import { createKeys, type Key } from '../lib/seal.ts'
import { createKeyFile, newKey, newRing, readKeyFile, replaceKeyFile, whyNotRetire } from './key-file.ts'

let folder = ''
let file = ''
const random = seededRandom('key file')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-keys-'))
  file = join(folder, 'keys.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ringOfFile = (): readonly Key[] => {
  const found = readKeyFile(file)
  if (!found.ok) throw new Error(found.mistakes.join())
  return found.ring
}
const mistakesOf = (): string => {
  const found = readKeyFile(file)
  return found.ok ? '' : found.mistakes.join('\n')
}

test('a new file holds a key for each use, and only its owner may read it', () => {
  expect(createKeyFile(file, newRing(random, 0))).toBe(true)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(ringOfFile().map(key => [key.use, key.secret.length])).toEqual([
    ['seal', 32],
    ['digest', 32],
    ['decoy', 32],
    ['sign', 32],
  ])
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    keys: [{ id: expect.any(String), use: 'seal' }, {}, {}, {}],
  })
})

test('a key ring is never written over', () => {
  createKeyFile(file, newRing(random, 0))
  const before = readFileSync(file, 'utf8')
  expect(createKeyFile(file, newRing(random, 0))).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe(before)
})

test.each([0o640, 0o604, 0o644, 0o660, 0o666])('a file of mode %o is refused', mode => {
  createKeyFile(file, newRing(random, 0))
  chmodSync(file, mode)
  expect(mistakesOf()).toMatch(/can be read by others than its owner; run: chmod 600/)
})

const secretOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

function write(change: (keys: Record<string, unknown>[]) => unknown): void {
  const keys = newRing(random, 0).map(key => ({ ...key, secret: secretOf(key.secret) }))
  writeFileSync(file, JSON.stringify(change(keys)), { mode: 0o600 })
}

test.each<[string, RegExp, (keys: Record<string, unknown>[]) => unknown]>([
  [
    'a use without a key',
    /has no key for the use "decoy"/,
    keys => ({ keys: keys.filter(key => key['use'] !== 'decoy') }),
  ],
  [
    'a short secret',
    /too short: \S+ has 31 bytes, not 32/,
    keys => ({ keys: [...keys.slice(1), { ...keys[0], secret: secretOf(random.bytes(31)) }] }),
  ],
  [
    'a typed secret',
    /that nobody drew at random/,
    keys => ({
      keys: [...keys.slice(1), { ...keys[0], secret: secretOf(Buffer.from('changeme'.repeat(4))) }],
    }),
  ],
  [
    'no secret at all',
    /that nobody drew at random/,
    keys => ({ keys: [...keys.slice(1), { ...keys[0], secret: secretOf(new Uint8Array(32)) }] }),
  ],
  [
    'one secret for two uses',
    /holds one secret twice/,
    keys => ({ keys: [...keys.slice(1), { ...keys[0], secret: keys[1]?.['secret'] }] }),
  ],
  [
    'one name for two keys',
    /names two keys alike/,
    keys => ({ keys: [...keys.slice(1), { ...keys[0], id: keys[1]?.['id'] }] }),
  ],
  ['an unknown use', /is not a key ring/, keys => ({ keys: [{ ...keys[0], use: 'open' }] })],
  ['no moment', /is not a key ring/, keys => ({ keys: [{ ...keys[0], created: 'yesterday' }] })],
  ['no list', /is not a key ring/, () => ({})],
  ['something else', /is not a key ring/, () => [1]],
])('%s is refused', (_what, expected, change) => {
  write(change)
  expect(mistakesOf()).toMatch(expected)
})

test.each([
  ['{', /is not JSON/],
  ['', /is not JSON/],
])('%j is refused', (text, expected) => {
  writeFileSync(file, text, { mode: 0o600 })
  expect(mistakesOf()).toMatch(expected)
})

test('no mistake shows a secret', () => {
  write(keys => ({ keys: [{ ...keys[0], secret: secretOf(Buffer.from('changeme'.repeat(4))) }] }))
  expect(mistakesOf()).not.toMatch(/changeme|Y2hhbmdl/)
})

test('an added key is used at once, even by a clock that went back, and old values stay readable', () => {
  const ring = newRing(random, 1_000_000)
  const sealed = createKeys(ring).seal('text', 'here')
  const added = newKey('seal', ring, random, 0)
  const grown = [...ring, added]
  expect(createKeys(grown).seal('text', 'here').startsWith(`${added.id}.`)).toBe(true)
  expect(createKeys(grown).open(sealed, 'here')).toBe('text')
})

test('the key in use is not taken out, an older one may be', () => {
  const ring = newRing(random, 0)
  const [seal] = ring
  const id = seal?.id ?? ''
  expect(whyNotRetire(ring, id)).toMatch(/is the one in use for "seal"/)
  expect(whyNotRetire([...ring, newKey('seal', ring, random, 0)], id)).toBeNull()
  expect(whyNotRetire(ring, 'nobody')).toMatch(/has no key nobody/)
})

test('a ring is replaced in one step and leaves nothing beside it', () => {
  createKeyFile(file, newRing(random, 0))
  const grown = [...ringOfFile(), newKey('sign', ringOfFile(), random, 5)]
  replaceKeyFile(file, grown)
  expect(ringOfFile().map(key => key.id)).toEqual(grown.map(key => key.id))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['keys.json'])
})
