import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isolate } from './isolate.ts'

test('text of the same direction stays as it is', () => {
  expect(isolate('Jürg Müller', 'ltr')).toBe('Jürg Müller')
  expect(isolate('東京', 'ltr')).toBe('東京')
})

test.each([
  ['ليلى', 'ltr'],
  ['דנה', 'ltr'],
  ['a \u{1e900}', 'ltr'],
  ['Ada', 'rtl'],
  ['+41 44 555 01 23', 'rtl'],
] as const)('%j in a sentence that runs %s is isolated', (text, dir) => {
  expect(isolate(text, dir)).toBe(`\u2068${text}\u2069`)
})

test('overrides, forced isolates, marks and control characters are taken out', () => {
  expect(isolate('a\u202eb\u2066c\u2067d\u200ee\u200ff\u061cg', 'ltr')).toBe('abcdefg')
  expect(isolate('a\r\n\0b', 'ltr')).toBe('a b')
})

test('isolates that do not match are taken out, those that do are kept', () => {
  expect(isolate('a\u2069b\u2068', 'ltr')).toBe('ab')
  expect(isolate('a \u2068ليلى\u2069', 'ltr')).toBe('\u2068a \u2068ليلى\u2069\u2069')
})

test('whatever comes in, what follows is not touched by it', () => {
  const marks = fc.constantFrom('\u2066', '\u2067', '\u2068', '\u2069', '\u202e', '\u202c', 'a', 'ل')
  fc.assert(
    fc.property(
      fc.array(marks, { maxLength: 12 }),
      fc.constantFrom('ltr' as const, 'rtl' as const),
      (text, dir) => {
        let open = 0
        for (const character of isolate(text.join(''), dir)) {
          if (character === '\u2068') open++
          if (character === '\u2069') open--
          expect(open).toBeGreaterThanOrEqual(0)
          expect('\u2066\u2067\u202a\u202b\u202c\u202d\u202e').not.toContain(character)
        }
        expect(open).toBe(0)
      },
    ),
  )
})
