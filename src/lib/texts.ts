import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import IntlMessageFormat, { type Formatters } from 'intl-messageformat'
import { acceptLanguage, matchLocale } from './accept-language.ts'
import type { Instant } from './clock.ts'
import { isolate } from './isolate.ts'

/** The messages of one language by key, in ICU MessageFormat. */
export type Catalogue = Readonly<Record<string, string>>

/** By locale; the language that every key exists in is `en`. */
export type Catalogues = Readonly<Record<string, Catalogue>>

/** What a message takes: text, a number or an Instant by name. `null`: a message without blanks. */
type Args = Readonly<Record<string, string | number>> | null

/** The arguments that fit every key in `Key`, which may be a union. */
type ArgsOf<Messages, Key extends keyof Messages> = (
  Key extends unknown
    ? (args: Messages[Key]) => void
    : never
) extends (args: infer All) => void
  ? All
  : never

/**
 * One language in one time zone. Everything is plain text, to be escaped by whoever writes HTML. Arguments that are
 * text are freed of direction overrides, and isolated where their direction may differ from the sentence's.
 */
export type Phrases<Messages> = {
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  readonly timeZone: string
  t<Key extends keyof Messages & string>(
    key: Key,
    ...args: [ArgsOf<Messages, Key>] extends [null] ? [] : [args: ArgsOf<Messages, Key>]
  ): string
  /** `long`: 15 January 2026; `short`: 15/01/2026 as the language has it. */
  date(at: Instant, style?: 'long' | 'short'): string
  /** Hours and minutes. */
  time(at: Instant): string
  /** Date, time and the name of the zone. */
  moment(at: Instant): string
  number(value: number): string
  /** "a, b and c" */
  list(items: readonly string[]): string
}

/** The sources of a language, in the order in which they win. Values come from outside and may be anything. */
export type LanguageWishes = {
  readonly mkt?: string | undefined
  readonly lng?: string | undefined
  readonly remembered?: string | undefined
  readonly acceptLanguage?: string | undefined
  readonly fallback: string
}

export type Texts<Messages> = {
  /** Sorted; each is a file of the folder. */
  readonly locales: readonly string[]
  /** Always one of `locales`. */
  pick(wishes: LanguageWishes): string
  /** A locale that does not exist gets the nearest one, else English. `timeZone` is an IANA name. */
  for(locale: string, timeZone: string): Phrases<Messages>
}

const SOURCE = 'en'
/** Languages times zones; an organisation has one zone, so this is never reached in earnest. */
const KEPT_PHRASES_MAX = 200

/** Reads `*.json` of a folder: the list of languages. Throws where one is not a flat object of texts. */
export function readCatalogues(folder: string): Catalogues {
  const files = readdirSync(folder).filter(file => file.endsWith('.json'))
  return Object.fromEntries(
    files.sort().map(file => [file.slice(0, -'.json'.length), readCatalogue(join(folder, file))]),
  )
}

function readCatalogue(file: string): Catalogue {
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const entries = Object.entries(read ?? {})
  if (entries.some(([, message]) => typeof message !== 'string')) {
    throw new Error(`${file}: every message must be a text`)
  }
  return Object.fromEntries(entries)
}

/** Messages are parsed when they are first asked for, and kept. */
export function createTexts<Messages extends { readonly [Key in keyof Messages]: Args }>(
  catalogues: Catalogues,
): Texts<Messages> {
  const locales = Object.keys(catalogues).sort()
  const source = catalogues[SOURCE]
  if (!source) throw new Error(`there is no ${SOURCE}.json among the languages`)
  const accepted = acceptLanguage(locales)
  const kept = new Map<string, Phrases<Messages>>()
  const match = (tag: string | undefined): string | null => (tag ? matchLocale(tag, locales) : null)
  return {
    locales,
    pick: wishes =>
      match(wishes.mkt) ??
      match(wishes.lng) ??
      match(wishes.remembered) ??
      accepted(wishes.acceptLanguage ?? '') ??
      match(wishes.fallback) ??
      SOURCE,
    for: (wanted, timeZone) => {
      const locale = match(wanted) ?? SOURCE
      const key = `${locale} ${timeZone}`
      const phrases = kept.get(key) ?? phrasesOf(locale, timeZone, { ...source, ...catalogues[locale] })
      if (kept.size >= KEPT_PHRASES_MAX) kept.clear()
      kept.set(key, phrases)
      return phrases
    },
  }
}

function phrasesOf<Messages>(locale: string, timeZone: string, catalogue: Catalogue): Phrases<Messages> {
  const dir = directionOf(locale)
  const formatters = formattersOf(timeZone)
  const messages = new Map<string, Message>()
  const format = (key: string, args: Args | undefined): string => {
    const message = messages.get(key) ?? parseMessage(catalogue, key, locale, formatters)
    messages.set(key, message)
    return message.format(args ? isolated(args, message.selectors, dir) : undefined)
  }
  const show = (at: Instant, options: Intl.DateTimeFormatOptions): string =>
    formatters.getDateTimeFormat(locale, options).format(at)
  return {
    locale,
    dir,
    timeZone,
    // The signature has checked the arguments; here they are only passed on.
    t: (key, ...args) => format(key, args[0] as Args | undefined),
    date: (at, style = 'long') => show(at, style === 'long' ? LONG_DATE : SHORT_DATE),
    time: at => show(at, TIME),
    moment: at => show(at, MOMENT),
    number: value => formatters.getNumberFormat(locale).format(value),
    list: items => new Intl.ListFormat(locale).format(items.map(item => isolate(item, dir))),
  }
}

const LONG_DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'long', day: 'numeric' }
const SHORT_DATE: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit' }
const TIME: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit' }
const MOMENT: Intl.DateTimeFormatOptions = { ...LONG_DATE, ...TIME, timeZoneName: 'short' }

/** `{at, date, long}`, `{at, time, short}` and `{at, date, moment}` in a message. */
const FORMATS: {
  date: Record<string, Intl.DateTimeFormatOptions>
  time: Record<string, Intl.DateTimeFormatOptions>
} = {
  date: { long: LONG_DATE, short: SHORT_DATE, moment: MOMENT },
  time: { short: TIME, zone: { ...TIME, timeZoneName: 'short' } },
}

type Message = {
  readonly selectors: ReadonlySet<string>
  format(args: Record<string, string | number> | undefined): string
}

function parseMessage(catalogue: Catalogue, key: string, locale: string, formatters: Formatters): Message {
  const text = catalogue[key]
  if (text === undefined) throw new Error(`no message ${key}`)
  const message = new IntlMessageFormat(text, locale, FORMATS, { formatters, ignoreTag: true })
  return {
    selectors: selectorsOf(message.getAst()),
    format: args => String(message.format(args)),
  }
}

type Elements = ReturnType<IntlMessageFormat['getAst']>

/** The arguments that choose a wording: they are compared, not shown. */
function selectorsOf(elements: Elements): Set<string> {
  const found = new Set<string>()
  for (const element of elements) {
    if (!('options' in element)) continue
    if (!('pluralType' in element)) found.add(element.value)
    for (const option of Object.values(element.options)) {
      for (const name of selectorsOf(option.value)) found.add(name)
    }
  }
  return found
}

const isolated = (
  args: Record<string, string | number>,
  selectors: ReadonlySet<string>,
  dir: 'ltr' | 'rtl',
): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'string' && !selectors.has(name) ? isolate(value, dir) : value,
    ]),
  )

/** The scripts that run from right to left, among those that languages of today are written in. */
const RIGHT_TO_LEFT = new Set(['Arab', 'Hebr', 'Thaa', 'Syrc', 'Nkoo', 'Adlm', 'Rohg', 'Samr', 'Mand'])

const directionOf = (locale: string): 'ltr' | 'rtl' =>
  RIGHT_TO_LEFT.has(new Intl.Locale(locale).maximize().script ?? '') ? 'rtl' : 'ltr'

/** Formatters cost 30 to 100 microseconds to make and are kept by the options object they were made from. */
function formattersOf(timeZone: string): Formatters {
  const numbers = new Map<unknown, Intl.NumberFormat>()
  const dates = new Map<unknown, Intl.DateTimeFormat>()
  const plurals = new Map<unknown, Intl.PluralRules>()
  return {
    getNumberFormat: (locale, options) =>
      keep(numbers, options, () => new Intl.NumberFormat(locale, options as Intl.NumberFormatOptions)),
    // Dates are those of the Gregorian calendar everywhere: a limit must not be read as another day.
    getDateTimeFormat: (locale, options) =>
      keep(
        dates,
        options,
        () => new Intl.DateTimeFormat(locale, { ...options, calendar: 'gregory', timeZone }),
      ),
    getPluralRules: (locale, options) =>
      keep(plurals, options?.type, () => new Intl.PluralRules(locale, options)),
  }
}

function keep<T>(kept: Map<unknown, T>, key: unknown, make: () => T): T {
  const found = kept.get(key) ?? make()
  kept.set(key, found)
  return found
}
