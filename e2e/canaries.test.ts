// The search itself: it finds every encoding at every alignment, and no code in a longer number.
import { expect, test } from 'vitest'
import { ENCODINGS, leaksIn } from './canaries.ts'

const SECRET = 'grüne Äpfel & 7 Herons?'
const secret = { name: 'password', value: SECRET }
const written: Readonly<Record<string, string | Buffer>> = {
  raw: `{"password":"${SECRET}"}`,
  'base64 at 0': Buffer.from(`abc${SECRET}xyz`).toString('base64'),
  'base64 at 1': Buffer.from(`a${SECRET}yz`).toString('base64'),
  'base64 at 2': Buffer.from(`ab${SECRET}z`).toString('base64url'),
  hex: Buffer.from(`x${SECRET}`).toString('hex'),
  HEX: Buffer.from(SECRET).toString('hex').toUpperCase(),
  'UTF-16LE': Buffer.from(`x"${SECRET}"`, 'utf16le').subarray(1),
  'URL-encoded': `password=${encodeURIComponent(SECRET)}&`,
  form: new URLSearchParams({ password: SECRET.replace('?', '') }).toString(),
}

test.each(Object.keys(written))('a secret is found as %s', name => {
  const value = name === 'form' ? SECRET.replace('?', '') : SECRET
  expect(leaksIn([{ ...secret, value }], new Map([['here', written[name] ?? '']]))).toHaveLength(1)
})

test('five encodings are looked for', () => {
  expect(ENCODINGS.map(({ name }) => name)).toEqual(['raw', 'base64', 'hex', 'UTF-16LE', 'URL-encoded'])
})

test('a code is found by itself, and not in a longer number', () => {
  const code = { name: 'code', value: '492039' }
  expect(leaksIn([code], new Map([['log', '{"code":"492039"}']]))).toEqual([
    'log: code as raw',
    'log: code as URL-encoded',
  ])
  expect(leaksIn([code], new Map([['log', '{"at":1795492039123}']]))).toEqual([])
})
