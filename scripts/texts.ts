// Writes src/messages.ts from locales/en.json: which messages there are and what each of them takes.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  isArgumentElement,
  isLiteralElement,
  isPluralElement,
  isPoundElement,
  isSelectElement,
  isTagElement,
  type MessageFormatElement,
  parse,
} from '@formatjs/icu-messageformat-parser'

const LINE_MAX = 110

/** Argument names with the TypeScript type of each, sorted by name. */
export function argumentsOf(message: string): Map<string, string> {
  const found = new Map<string, string>()
  collect(parse(message, { ignoreTag: true }), found)
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)))
}

function collect(elements: readonly MessageFormatElement[], found: Map<string, string>): void {
  for (const element of elements) {
    if (isLiteralElement(element) || isPoundElement(element) || isTagElement(element)) continue
    if (isArgumentElement(element)) found.set(element.value, found.get(element.value) ?? 'string')
    else if (isSelectElement(element)) found.set(element.value, unionOf(Object.keys(element.options)))
    else found.set(element.value, 'number')
    if (isSelectElement(element) || isPluralElement(element)) {
      for (const option of Object.values(element.options)) collect(option.value, found)
    }
  }
}

const unionOf = (options: readonly string[]): string => options.map(option => `'${option}'`).join(' | ')

/** The text of src/messages.ts. */
export function messagesSource(english: Readonly<Record<string, string>>): string {
  const fields = Object.entries(english).map(([key, message]) => field(key, argumentsOf(message)))
  return [
    '// Made from locales/en.json by scripts/texts.ts; never edited by hand.',
    '// biome-ignore-all format: one line for each message would be longer than anybody reads',
    '/** Every message and what it takes: text, a number, or an Instant for a date or a time. */',
    'export type Messages = {',
    ...filled(fields).map(line => `  ${line}`),
    '}',
    '',
  ].join('\n')
}

function field(key: string, args: ReadonlyMap<string, string>): string {
  const types = [...args].map(([name, type]) => `${name}: ${type}`)
  return `'${key}': ${types.length === 0 ? 'null' : `{ ${types.join('; ')} }`};`
}

/** As many fields on a line as fit. */
function filled(fields: readonly string[]): string[] {
  const lines: string[] = []
  for (const text of fields) {
    const line = `${lines.at(-1)} ${text}`
    if (lines.length > 0 && line.length <= LINE_MAX - 2) lines[lines.length - 1] = line
    else lines.push(text)
  }
  return lines
}

const path = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url))

export const ENGLISH_FILE = path('locales/en.json')
export const MESSAGES_FILE = path('src/messages.ts')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(MESSAGES_FILE, messagesSource(JSON.parse(readFileSync(ENGLISH_FILE, 'utf8'))))
}
