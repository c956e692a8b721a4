import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  isDateElement,
  isPluralElement,
  isSelectElement,
  isTimeElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser'
import { describe, expect, test } from 'vitest'
import { argumentsOf, MESSAGES_FILE, messagesSource } from '../scripts/texts.ts'
import { createTexts, readCatalogues } from './lib/texts.ts'
import type { Messages } from './messages.ts'

const catalogues = readCatalogues(fileURLToPath(new URL('../locales', import.meta.url)))
const english = catalogues['en'] ?? {}
const others = Object.entries(catalogues).filter(([locale]) => locale !== 'en')

/** The same word in both languages, or nothing to translate. */
const SAME_AS_ENGLISH: Readonly<Record<string, readonly string[]>> = {
  ar: ['page.document_title'],
  de: [
    'mail.fact.browser',
    'mail.fact.person',
    'page.code.label.app_code',
    'page.code.label.email',
    'page.code.label.hardware_code',
    'page.document_title',
    'page.document_title_problem',
    'page.method.passkey',
  ],
  ja: ['page.document_title'],
}

const DATE_STYLES: readonly unknown[] = ['long', 'short', 'moment']
const TIME_STYLES: readonly unknown[] = ['short', 'zone']

test('English, German, Arabic and Japanese are there', () => {
  expect(Object.keys(catalogues)).toEqual(expect.arrayContaining(['ar', 'de', 'en', 'ja']))
})

test('src/messages.ts is what scripts/texts.ts makes of en.json', () => {
  expect(readFileSync(MESSAGES_FILE, 'utf8')).toBe(messagesSource(english))
})

describe.each(others)('%s', (locale, catalogue) => {
  test('has the same keys as English', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(english).sort())
  })

  test('fills the same blanks with the same kinds of things', () => {
    const typesOf = (texts: typeof english) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, [...argumentsOf(text)]]))
    expect(typesOf(catalogue)).toEqual(typesOf(english))
  })

  test('leaves nothing in English', () => {
    const left = Object.keys(catalogue).filter(key => catalogue[key] === english[key])
    expect(left.sort()).toEqual(SAME_AS_ENGLISH[locale] ?? [])
  })
})

describe.each(Object.entries(catalogues))('every message in %s', (locale, catalogue) => {
  const elements = Object.entries(catalogue).map(([key, text]) => [key, walk(parsed(text))] as const)

  test('has a wording for each plural category of its language', () => {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories
    const missing = elements.flatMap(([key, found]) =>
      found
        .filter(isPluralElement)
        .flatMap(({ options }) =>
          categories.filter(category => !(category in options)).map(category => `${key}: ${category}`),
        ),
    )
    expect(missing).toEqual([])
  })

  test('shows dates and times in a style that exists', () => {
    const unknown = elements.flatMap(([key, found]) =>
      found
        .filter(element => isDateElement(element) || isTimeElement(element))
        .filter(element => !(isDateElement(element) ? DATE_STYLES : TIME_STYLES).includes(element.style))
        .map(() => key),
    )
    expect(unknown).toEqual([])
  })

  test('is plain text: no markup, no control character, no direction mark, no stray space', () => {
    const wrong = Object.entries(catalogue).filter(
      ([, text]) =>
        /[<>]|&\w+;|[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u.test(text) ||
        text.trim() !== text ||
        text.trim() === '' ||
        / {2}/.test(text),
    )
    expect(wrong).toEqual([])
  })

  test('is composed, so that the same letters are the same bytes', () => {
    expect(Object.entries(catalogue).filter(([, text]) => text !== text.normalize('NFC'))).toEqual([])
  })

  test('can be said with every count from 0 to 120', () => {
    const phrases = createTexts<Messages>(catalogues).for(locale, 'Europe/Zurich')
    const say = phrases.t as (key: string, args?: Readonly<Record<string, string | number>>) => string
    for (const [key, text] of Object.entries(catalogue)) {
      const types = [...argumentsOf(text)]
      const counts = text.includes('plural') ? Array.from({ length: 121 }, (_, count) => count) : [7]
      for (const count of counts) {
        const args = types.map(([name, type]) => [name, type === 'number' ? count : 'NAME'])
        expect(say(key, Object.fromEntries(args))).not.toMatch(/[{}#]|undefined|Invalid/)
      }
    }
  })
})

function parsed(text: string): MessageFormatElement[] {
  return parse(text, { ignoreTag: true })
}

/** All elements, those inside of options too. */
function walk(elements: readonly MessageFormatElement[]): MessageFormatElement[] {
  return elements.flatMap(element =>
    isSelectElement(element) || isPluralElement(element)
      ? [element, ...Object.values(element.options).flatMap(option => walk(option.value))]
      : [element],
  )
}
