import { expect, test } from 'vitest'
import { fromFileTime, fromGeneralizedTime, fromInterval } from './time.ts'

test('a FILETIME is read to the millisecond, and never is null', () => {
  expect(fromFileTime(116_444_736_000_000_000n)).toBe(0)
  expect(fromFileTime(134_400_950_255_103_960n)).toBe(1_795_621_425_510)
  for (const never of [null, 0n, -1n, 0x7fff_ffff_ffff_ffffn]) expect(fromFileTime(never)).toBeNull()
})

test('a duration is negative and in 100 ns', () => {
  expect(fromInterval(-864_000_000_000n)).toBe(86_400_000)
  for (const none of [null, 0n, 5n, -0x8000_0000_0000_0000n]) expect(fromInterval(none)).toBeNull()
})

test('generalized time is UTC, with or without a fraction', () => {
  expect(fromGeneralizedTime('19700101000001Z')).toBe(1_000)
  expect(fromGeneralizedTime('19700101000001.250000Z')).toBe(1_250)
  expect(fromGeneralizedTime('19700101000001,5Z')).toBe(1_500)
  for (const none of [null, '', '000001010000Z', '19700101000001', '19701301000001Z', 'x'])
    expect(fromGeneralizedTime(none)).toBeNull()
})
