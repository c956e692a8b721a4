import { expect, test } from 'vitest'
import { auc, chiSquare, chiSquareMax, countsAt, median, quantile } from './statistics.ts'

test('the area says how often one is larger than the other, ties half', () => {
  expect(auc([1, 2, 3], [1, 2, 3])).toBe(0.5)
  expect(auc([4, 5], [1, 2, 3])).toBe(1)
  expect(auc([0], [1, 2, 3])).toBe(0)
  expect(auc([2], [1, 2, 3, 2])).toBe(0.5)
  expect(auc([2, 9], [1, 2])).toBe(0.875)
  expect(() => auc([], [1])).toThrow()
})

test('the middle and the ends of a heap', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 1)]).toEqual([1, 3])
  expect(() => median([])).toThrow()
})

test('chi-square tells an even heap from an uneven one', () => {
  expect(chiSquare([10, 10, 10])).toBe(0)
  expect(chiSquare([20, 10, 0])).toBe(20)
  // Tables: 45.1 and 182.5 are exceeded once in a million, with 9 and 99 degrees of freedom.
  for (const [degrees, table] of [
    [9, 45.1],
    [99, 182.5],
  ] as const)
    expect(Math.abs(chiSquareMax(degrees) - table)).toBeLessThan(2)
  expect(countsAt(['ab', 'aa', 'ba'], 0, 'abc')).toEqual([2, 1, 0])
  expect(() => countsAt(['ab'], 2, 'ab')).toThrow()
})
