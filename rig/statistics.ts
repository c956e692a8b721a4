// Figures that tell two heaps of measurements apart, or chance from a pattern.

/** How often a value of `a` is larger than one of `b`, ties counted half: 0.5 where nothing tells them apart (Mann-Whitney). */
export function auc(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) throw new Error('there is nothing to compare')
  const sorted = b.toSorted((x, y) => x - y)
  const wins = a.map(value => (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / 2)
  return wins.reduce((sum, win) => sum + win, 0) / (a.length * b.length)
}

/** How many of `sorted` lie below `value`; with `equal`, those as large too. */
function countBelow(sorted: readonly number[], value: number, equal: boolean): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    const each = sorted[middle] ?? Number.NaN
    if (each < value || (equal && each === value)) from = middle + 1
    else to = middle
  }
  return from
}

/** The value below which `share` (0 to 1) of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((x, y) => x - y)
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  if (found === undefined) throw new Error('there is nothing to measure')
  return found
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** How far counts lie from being equally large; its expected value is the degrees of freedom, one less than counts. */
export function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

/** 4.75 standard deviations of the normal distribution: once in a million. */
const ONCE_IN_A_MILLION = 4.75

/** What chi-square exceeds once in a million by chance (Wilson and Hilferty 1931). */
export const chiSquareMax = (degrees: number): number =>
  degrees * (1 - 2 / (9 * degrees) + ONCE_IN_A_MILLION * Math.sqrt(2 / (9 * degrees))) ** 3

/** How often each of `letters` stands at `place`. */
export const countsAt = (texts: readonly string[], place: number, letters: string): number[] => {
  const counts = new Map([...letters].map(letter => [letter, 0]))
  for (const text of texts) {
    const letter = text[place] ?? ''
    const before = counts.get(letter)
    if (before === undefined) throw new Error(`'${letter}' stands at ${place}`)
    counts.set(letter, before + 1)
  }
  return [...counts.values()]
}
