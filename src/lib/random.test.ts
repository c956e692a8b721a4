import { describe, expect, it, test } from 'vitest'
import { seededRandom } from '../../rig/random.ts'
import { BASE32, newBase32, newDigits, newId, newReference, newToken, systemRandom } from './random.ts'

const COUNT = 20_000

/** Chi-square of how often each of `letters` stands at `place`. */
function chiSquare(texts: readonly string[], place: number, letters: string): number {
  const expected = texts.length / letters.length
  const seen = [...letters].map(letter => texts.filter(text => text[place] === letter).length)
  return seen.reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0)
}

describe('digits', () => {
  const codes = Array.from({ length: COUNT }, () => newDigits(systemRandom, 6))

  it('are as many as asked for, leading zeros kept', () => {
    expect(codes.every(code => /^[0-9]{6}$/.test(code))).toBe(true)
    expect(codes.some(code => code.startsWith('00'))).toBe(true)
  })

  it('are as often each, in every place and in pairs', () => {
    // Above 45 once in a million (9 degrees of freedom); 190 for the pairs (99 degrees).
    for (let place = 0; place < 6; place++) expect(chiSquare(codes, place, '0123456789')).toBeLessThan(45)
    const pairs = new Map<string, number>()
    for (const code of codes) pairs.set(code.slice(0, 2), (pairs.get(code.slice(0, 2)) ?? 0) + 1)
    const chi = [...pairs.values()].reduce(
      (sum, times) => sum + (times - COUNT / 100) ** 2 / (COUNT / 100),
      0,
    )
    expect([pairs.size, chi < 190]).toEqual([100, true])
  })
})

test('base32 uses all its letters about as often', () => {
  const texts = Array.from({ length: COUNT }, () => newBase32(systemRandom, 4))
  // 31 degrees of freedom: above 85 less than once in a million.
  for (let place = 0; place < 4; place++) expect(chiSquare(texts, place, BASE32)).toBeLessThan(85)
  expect(texts.every(text => /^[A-Z2-7]{4}$/.test(text))).toBe(true)
})

test('tokens have 256 bits, ids 128, and none comes twice', () => {
  const tokens = Array.from({ length: COUNT }, () => newToken(systemRandom))
  const ids = Array.from({ length: COUNT }, () => newId(systemRandom))
  expect(new Set([...tokens, ...ids]).size).toBe(2 * COUNT)
  expect(tokens.every(token => Buffer.from(token, 'base64url').length === 32 && token.length === 43)).toBe(
    true,
  )
  expect(ids.every(id => Buffer.from(id, 'base64url').length === 16 && id.length === 22)).toBe(true)
})

test('a reference can be read aloud', () => {
  const references = Array.from({ length: 2_000 }, () => newReference(systemRandom))
  for (const reference of references)
    expect(reference).toMatch(/^[2-9A-HJKMNP-TW-Z]{2}-[2-9A-HJKMNP-TW-Z]{3}$/)
  expect(new Set(references).size).toBeGreaterThan(1_990)
})

test('chance can be handed in, and is all there is', () => {
  const made = (seed: string) => {
    const random = seededRandom(seed)
    return [
      newDigits(random, 6),
      newBase32(random, 16),
      newToken(random),
      newId(random),
      newReference(random),
    ]
  }
  expect(made('one')).toEqual(made('one'))
  expect(made('one')).not.toEqual(made('two'))
})
