// Ten thousand tokens: nothing in them but chance (security.md TOK-01).
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { chiSquare, chiSquareMax, countsAt } from '../../rig/statistics.ts'
import { newId, newToken, systemRandom } from './random.ts'

const COUNT = 10_000
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe.each([
  ['a token', newToken, 32],
  ['an id', newId, 16],
] as const)('%s', (_name, make, octets) => {
  const texts = Array.from({ length: COUNT }, () => make(systemRandom))
  const bytes = texts.map(text => Buffer.from(text, 'base64url'))

  it('has its full length, and none comes twice', () => {
    expect(new Set(bytes.map(({ length }) => length))).toEqual(new Set([octets]))
    expect(new Set(texts.map(({ length }) => length))).toEqual(new Set([Math.ceil((octets * 8) / 6)]))
    expect(new Set(texts).size).toBe(COUNT)
  })

  it('shares no eight letters with any other', () => {
    // 48 bits: by chance one such pair in several thousand runs.
    const parts = texts.flatMap(text =>
      Array.from({ length: text.length - 7 }, (_, from) => text.slice(from, from + 8)),
    )
    expect(new Set(parts).size).toBe(parts.length)
  })

  it('has every letter as often in every place', () => {
    // The last letter carries less than six bits.
    for (let place = 0; place < Math.floor((octets * 8) / 6); place++)
      expect(chiSquare(countsAt(texts, place, BASE64URL)), `place ${place}`).toBeLessThan(chiSquareMax(63))
  })

  it('has every bit set in half of them, and half of the bits other than the one before', () => {
    const ones = Array.from({ length: octets * 8 }, () => 0)
    let turned = 0
    for (const [index, each] of bytes.entries()) {
      const before = bytes[index - 1]
      for (let bit = 0; bit < octets * 8; bit++) {
        const set = bitOf(each, bit)
        ones[bit] = (ones[bit] ?? 0) + set
        if (before) turned += set ^ bitOf(before, bit)
      }
    }
    const deviations = (count: number, of: number): number => Math.abs(count - of / 2) / Math.sqrt(of / 4)
    for (const count of ones) expect(deviations(count, COUNT)).toBeLessThan(6)
    expect(deviations(turned, (COUNT - 1) * octets * 8)).toBeLessThan(6)
  })

  it('holds nothing to decode: no text, no time, nothing that could be packed', () => {
    // 16 octets are text by chance once in some hundred thousand, so some of the ids may be.
    const readable = bytes.filter(each => !each.toString('utf8').includes('\ufffd')).length
    expect(readable).toBeLessThan(octets === 32 ? 2 : 10)
    expect(deflateRawSync(Buffer.concat(bytes), { level: 9 }).length).toBeGreaterThanOrEqual(COUNT * octets)
    const now = Math.floor(Date.now() / 1000)
    const times = bytes.flatMap(each =>
      Array.from({ length: octets - 3 }, (_, from) => each.readUInt32BE(from)),
    )
    expect(times.filter(time => Math.abs(time - now) < 60).length).toBeLessThan(5)
  })
})

const bitOf = (bytes: Uint8Array, bit: number): number => ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1
