import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTexts, readCatalogues } from './texts.ts'

type Messages = {
  plain: null
  hello: { name: string }
  left: { count: number; name: string }
  door: { state: 'open' | 'other' }
  until: { at: number }
}

const catalogues = {
  en: {
    plain: 'It’s there',
    hello: 'Hello {name}',
    left: '{name} has {count, plural, one {# key} other {# keys}}',
    door: '{state, select, open {open} other {shut}}',
    until: '{at, date, moment}; {at, date, short}; {at, date, long}; {at, time, short}; {at, time, zone}',
  },
  ar: {
    hello: 'مرحبا {name}',
    left: '{name}: {count, plural, two {مفتاحان} other {# مفتاح}}',
    door: '{state, select, open {مفتوح} other {مغلق}}',
  },
  'ar-EG': { left: '{name} {count, number}' },
  th: { until: '{at, date, long}' },
}
const texts = createTexts<Messages>(catalogues)
const zone = 'Europe/Zurich'
const english = texts.for('en', zone)
const arabic = texts.for('ar', zone)
const at = Date.UTC(2026, 6, 1, 22, 30)

describe('filling the blanks', () => {
  test('by plural category and by choice', () => {
    expect(english.t('left', { count: 1, name: 'Ada' })).toBe('Ada has 1 key')
    expect(english.t('left', { count: 1200, name: 'Ada' })).toBe('Ada has 1,200 keys')
    expect(arabic.t('left', { count: 2, name: 'Ada' })).toBe('\u2068Ada\u2069: مفتاحان')
    expect(arabic.t('door', { state: 'open' })).toBe('مفتوح')
  })

  test('what is filled in is no message, and no markup to anybody', () => {
    expect(english.t('hello', { name: '{count, number} <b>#</b>' })).toBe('Hello {count, number} <b>#</b>')
  })

  test('names are isolated where their direction differs', () => {
    expect(english.t('hello', { name: 'Ada' })).toBe('Hello Ada')
    expect(english.t('hello', { name: 'ليلى' })).toBe('Hello \u2068ليلى\u2069')
    expect(arabic.t('hello', { name: 'Ada\u202e' })).toBe('مرحبا \u2068Ada\u2069')
  })

  test('what a language lacks is said in English', () => {
    expect(arabic.t('plain')).toBe('It’s there')
  })

  test('wrong keys and arguments do not compile', () => {
    // @ts-expect-error: there is no such key
    expect(() => english.t('missing')).toThrow('no message missing')
    // @ts-expect-error: the argument is missing
    expect(() => english.t('hello')).toThrow()
    // @ts-expect-error: a text where a number belongs
    expect(english.t('left', { count: '1', name: 'Ada' })).toContain('Ada')
    // @ts-expect-error: one argument too many
    expect(english.t('hello', { name: 'Ada', other: '' })).toBe('Hello Ada')
    // @ts-expect-error: a message without blanks takes none
    expect(english.t('plain', {})).toBe('It’s there')
    // @ts-expect-error: not one of the choices
    expect(english.t('door', { state: 'ajar' })).toBe('shut')
    const either = Math.sign(1) > 0 ? 'hello' : 'left'
    // @ts-expect-error: a key that may be either needs what both need
    expect(english.t(either, { name: 'Ada' })).toBe('Hello Ada')
  })
})

describe('dates and numbers', () => {
  test('are told in the zone of the organisation, by the Gregorian calendar', () => {
    expect(english.t('until', { at })).toBe(
      'July 2, 2026 at 12:30 AM GMT+2; 07/02/2026; July 2, 2026; 12:30 AM; 12:30 AM GMT+2',
    )
    expect(texts.for('th', zone).t('until', { at })).toContain('2026')
    expect(texts.for('en', 'Asia/Tokyo').date(at)).toBe('July 2, 2026')
    expect(texts.for('en', 'America/New_York').date(at, 'short')).toBe('07/01/2026')
    expect(english.moment(at)).toBe('July 2, 2026 at 12:30 AM GMT+2')
    expect(english.time(at)).toBe('12:30 AM')
  })

  test('have the digits of the language', () => {
    expect(english.number(1234.5)).toBe('1,234.5')
    expect(texts.for('ar-EG', zone).t('left', { name: 'a', count: 12 })).toContain('١٢')
  })

  test('lists are joined as the language joins them', () => {
    expect(english.list(['one', 'two', 'ليلى'])).toBe('one, two, and \u2068ليلى\u2069')
    expect(arabic.list(['a', 'b'])).toBe('\u2068a\u2069 و\u2068b\u2069')
  })
})

test('the direction comes from the script', () => {
  expect(english.dir).toBe('ltr')
  expect(arabic.dir).toBe('rtl')
  expect(texts.for('ar-EG', zone).dir).toBe('rtl')
})

describe('picking a language', () => {
  const all = { mkt: 'ar', lng: 'th', remembered: 'en', acceptLanguage: 'ar-EG', fallback: 'th' }

  test('in the order of the sources', () => {
    expect(texts.pick(all)).toBe('ar')
    expect(texts.pick({ ...all, mkt: undefined })).toBe('th')
    expect(texts.pick({ ...all, mkt: 'es-us', lng: 'xx' })).toBe('en')
    expect(texts.pick({ ...all, mkt: '', lng: '', remembered: 'klingon!' })).toBe('ar-EG')
    expect(texts.pick({ fallback: 'th-TH' })).toBe('th')
    expect(texts.pick({ mkt: 'es-us', fallback: 'fr' })).toBe('en')
  })

  test('a locale that is not there gets the nearest', () => {
    expect(texts.for('ar-MA', zone).locale).toBe('ar')
    expect(texts.for('fr', zone).locale).toBe('en')
  })
})

describe('reading a folder', () => {
  const inFolder = (files: Readonly<Record<string, string>>, look: (folder: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-texts-'))
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    look(folder)
    rmSync(folder, { recursive: true })
  }

  test('each file is a language', () => {
    inFolder({ 'en.json': '{"a":"A"}', 'de.json': '{"a":"Ä"}', 'notes.txt': '' }, folder => {
      expect(readCatalogues(folder)).toEqual({ de: { a: 'Ä' }, en: { a: 'A' } })
    })
  })

  test.each(['{"a":{"b":"c"}}', '{"a":1}', '["a",1]'])('%s is no catalogue', content => {
    inFolder({ 'en.json': content }, folder => {
      expect(() => readCatalogues(folder)).toThrow('every message must be a text')
    })
  })

  test('without English there is nothing to fall back on', () => {
    expect(() => createTexts<Messages>({ de: {} })).toThrow('en.json')
  })
})
