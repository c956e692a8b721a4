import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNearIndex, hashText, TERMS_MAX } from './near-index.ts'

const word = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: min, maxLength: max })

test('every window is found exactly or with one edit, as comparing it with every term finds it', () => {
  const terms = fc.uniqueArray(word(2, 7), { minLength: 1, maxLength: 12 })
  const property = fc.property(terms, word(0, 14), (terms, text) => {
    const index = createNearIndex(terms, () => true)
    const hashed = hashText(text)
    for (const [start, end] of windowsOf(text.length)) {
      const window = text.slice(start, end)
      const near = terms.filter(term => editsBetween(term, window) === 1)
      expect(index.exact(hashed, start, end)).toBe(terms.indexOf(window))
      expect(index.near(hashed, start, end)).toBe(Math.max(0, ...near.map(term => term.length)))
    }
  })
  fc.assert(property, { numRuns: 300 })
})

test('a term without edits is found exactly only', () => {
  const index = createNearIndex(['apple', 'lemon'], term => term === 'lemon')
  expect(index.exact(hashText('apple'), 0, 5)).toBe(0)
  expect(index.near(hashText('applf'), 0, 5)).toBe(0)
  expect(index.near(hashText('lemom'), 0, 5)).toBe(5)
})

test('an index without terms finds nothing', () => {
  const index = createNearIndex([], () => true)
  expect(index.exact(hashText('apple'), 0, 5)).toBe(-1)
  expect(index.near(hashText('apple'), 0, 5)).toBe(0)
})

test('the last of as many terms as fit is found, and one more is refused', () => {
  const terms = Array.from({ length: TERMS_MAX }, (_, place) => `t${place}`)
  const last = `t${TERMS_MAX - 1}`
  expect(createNearIndex(terms, () => false).exact(hashText(last), 0, last.length)).toBe(TERMS_MAX - 1)
  expect(() => createNearIndex([...terms, 'more'], () => false)).toThrow(RangeError)
})

test('a text that is too long to index is refused', () => {
  expect(() => hashText('a'.repeat(1_025))).toThrow(RangeError)
})

function windowsOf(length: number): [number, number][] {
  const starts = Array.from({ length }, (_, start) => start)
  return starts.flatMap(start =>
    Array.from({ length: length - start }, (_, more): [number, number] => [start, start + more + 1]),
  )
}

/** Levenshtein's distance by its definition, slow and plain. */
function editsBetween(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const replaced = editsBetween(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1)
  if (a[0] === b[0]) return replaced
  return Math.min(replaced, editsBetween(a.slice(1), b) + 1, editsBetween(a, b.slice(1)) + 1)
}
