import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { acceptLanguage, matchLocale } from './accept-language.ts'

const locales = ['ar', 'de', 'en', 'ja', 'zh-Hant']

test.each([
  ['de', 'de'],
  ['de-CH', 'de'],
  ['DE-ch-1996', 'de'],
  ['de_CH', 'de'],
  ['en-US', 'en'],
  ['zh-hant-TW', 'zh-Hant'],
  ['zh', null],
  ['es-US', null],
  ['d', null],
  ['', null],
  ['de-', null],
  ['de;q=1', null],
  ['../de', null],
  ['__proto__', null],
  [`de-${'a'.repeat(40)}`, null],
])('%j is served by %j', (tag, locale) => {
  expect(matchLocale(tag, locales)).toBe(locale)
})

describe('Accept-Language', () => {
  test.each([
    ['de', 'de'],
    ['fr-CH, fr;q=0.9, de;q=0.7, en;q=0.8, *;q=0.5', 'en'],
    ['ja;q=0.2,de-AT;q=0.9', 'de'],
    ['en;q=0, de;q=0.001', 'de'],
    ['de;q=0.5, ar;q=0.5', 'de'],
    ['de ; q=0.3 , en ;q=0.4', 'en'],
    ['*', null],
    ['es, fr', null],
    ['', null],
    ['de;q=2, ar;q=0.1', 'ar'],
    ['de;q=x', null],
    [',,;;q=,de', 'de'],
    [`${'fr,'.repeat(19)}de`, 'de'],
    [`${'fr,'.repeat(20)}de`, null],
    [`de,${'f'.repeat(1_000)}`, null],
    ['de\0', null],
  ])('%j means %j', (header, locale) => {
    expect(acceptLanguage(locales)(header)).toBe(locale)
  })

  test('never throws, and answers the same the second time and after thousands of others', () => {
    const read = acceptLanguage(locales)
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), header => {
        expect([...locales, null]).toContain(read(header))
        expect(read(header)).toBe(read(header))
      }),
    )
    for (let other = 0; other < 3_000; other++) expect(read(`x${other}, ja`)).toBe('ja')
    expect(read('de-CH')).toBe('de')
  })
})
