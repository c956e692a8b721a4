// A hundred thousand codes of each kind: every digit and letter as often in every place (security.md TOK-02).
import { describe, expect, it } from 'vitest'
import { keysOf } from '../../rig/keys.ts'
import { chiSquare, chiSquareMax, countsAt } from '../../rig/statistics.ts'
import { BASE32, systemRandom } from '../lib/random.ts'
import { email } from './email.ts'
import { newRecoveryCodes } from './recovery-code.ts'

const COUNT = 100_000
const DIGITS = '0123456789'
const context = { now: 0, random: systemRandom, keys: keysOf('codes'), strict: false, reference: '' }

describe('a code by mail', () => {
  const codes = Array.from({ length: COUNT }, () => {
    const message = email.begin(context, 'anna@private.example').send?.message
    return message?.kind === 'code' ? message.code : ''
  })

  it('is six digits from the whole range, leading zeros kept', () => {
    expect(codes.every(code => /^[0-9]{6}$/.test(code))).toBe(true)
    expect(codes.some(code => code < '000100')).toBe(true)
    expect(codes.some(code => code > '999900')).toBe(true)
  })

  it('has every digit as often in every place, and every pair in front', () => {
    const perPlace = Array.from({ length: 6 }, (_, place) => chiSquare(countsAt(codes, place, DIGITS)))
    const pairs = Array.from({ length: 100 }, () => 0)
    for (const code of codes) pairs[Number(code.slice(0, 2))] = (pairs[Number(code.slice(0, 2))] ?? 0) + 1
    const inFront = chiSquare(pairs)
    console.log(
      `TOK-02: chi-square by place ${perPlace.map(chi => chi.toFixed(1)).join(' ')} (9 degrees, at most ${chiSquareMax(9).toFixed(1)}); first two digits ${inFront.toFixed(1)} (99 degrees, at most ${chiSquareMax(99).toFixed(1)})`,
    )
    for (const chi of perPlace) expect(chi).toBeLessThan(chiSquareMax(9))
    expect(inFront).toBeLessThan(chiSquareMax(99))
  })

  it('says nothing of the next one', () => {
    // First digit and the first digit of the code after it, as pairs.
    const pairs = Array.from({ length: 100 }, () => 0)
    for (const [index, code] of codes.entries()) {
      const pair = Number(`${code[0]}${codes[index + 1]?.[0] ?? '0'}`)
      pairs[pair] = (pairs[pair] ?? 0) + 1
    }
    expect(chiSquare(pairs)).toBeLessThan(chiSquareMax(99))
  })
})

describe('a recovery code', () => {
  const codes = Array.from({ length: COUNT / 10 }, () =>
    newRecoveryCodes(context).codes.map(code => code.replaceAll('-', '')),
  ).flat()

  it('has every letter as often in every place, and none comes twice', () => {
    for (let place = 0; place < 16; place++)
      expect(chiSquare(countsAt(codes, place, BASE32)), `place ${place}`).toBeLessThan(chiSquareMax(31))
    expect(new Set(codes).size).toBe(COUNT)
  })
})
