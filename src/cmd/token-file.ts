import { isLogin } from '../account.ts'
import type { AssignedToken } from '../actions/assign-token.ts'
import { AppError } from '../errors.ts'
import { boundedLines, csvFields } from '../lib/csv.ts'

/** A line has six fields, the longest of 254 characters; all of them quoted are far below this. */
const LINE_CHARACTERS_MAX = 4_096
/** More tokens than a shipment has; a file of another kind ends here. */
const LINES_MAX = 100_000
/** Base32 (spec/entra-sspr.md 3.5). */
const SECRET_CHARACTERS_MAX = 128
const NAME_CHARACTERS_MAX = 64

/** The columns that Microsoft Entra takes, so that the vendor's file fits both (spec/entra-sspr.md 3.5). */
const COLUMNS = ['upn', 'serial number', 'secret key', 'time interval', 'manufacturer', 'model'] as const
type Column = (typeof COLUMNS)[number]

/** `text`: why the line is no token, in words that hold nothing of it. */
export type TokenLine = { readonly number: number } & (
  | { readonly ok: true; readonly token: AssignedToken }
  | { readonly ok: false; readonly text: string }
)

/**
 * The tokens of a vendor's or an administrator's CSV file, line by line; empty lines are passed over. Throws `invalid-input`
 * for a file without the header, and for one that never ends.
 */
export async function* tokenLines(file: AsyncIterable<Uint8Array | string>): AsyncGenerator<TokenLine> {
  let columns: readonly Column[] | null = null
  for await (const { number, text } of boundedLines(file, LINE_CHARACTERS_MAX)) {
    if (number > LINES_MAX) throw new AppError('invalid-input', `The file has more than ${LINES_MAX} lines.`)
    if (columns === null) columns = headerOf(text)
    else if (text === null) yield { number, ok: false, text: 'The line is too long, or not UTF-8.' }
    else if (text.trim() !== '') yield { number, ...tokenOf(columns, text) }
  }
  if (columns === null) throw new AppError('invalid-input', `The file is empty. ${HEADER}`)
}

const HEADER = `Its first line must name the columns, separated by commas: ${COLUMNS.join(',')}`

function headerOf(text: string | null): readonly Column[] {
  const names = (text === null ? null : csvFields(text))?.map(name => name.trim().toLowerCase())
  const columns = names?.map(name => COLUMNS.find(column => column === name))
  const isWhole = columns?.length === COLUMNS.length && COLUMNS.every(column => columns.includes(column))
  if (!isWhole) throw new AppError('invalid-input', `The header is not that of a list of tokens. ${HEADER}`)
  return columns.filter(column => column !== undefined)
}

type TokenOf = { ok: true; token: AssignedToken } | { ok: false; text: string }

function tokenOf(columns: readonly Column[], line: string): TokenOf {
  const fields = csvFields(line)
  if (!fields) return { ok: false, text: 'A quote is left open or stands inside a field.' }
  if (fields.length !== columns.length) {
    return { ok: false, text: `The line has ${fields.length} fields, and the header ${columns.length}.` }
  }
  const value = (column: Column): string => (fields[columns.indexOf(column)] ?? '').trim()
  const wrong = COLUMNS.find(column => !IS_RIGHT[column](value(column)))
  if (wrong) return { ok: false, text: `${wrong} is missing or malformed: ${EXPECTED[wrong]}.` }
  return {
    ok: true,
    token: {
      login: value('upn'),
      serial: value('serial number'),
      secret: value('secret key'),
      period: Number(value('time interval')),
      manufacturer: value('manufacturer'),
      model: value('model'),
    },
  }
}

/** Letters, digits and signs of any script; nothing that a terminal or a page could take for more than text. */
const isName = (text: string): boolean =>
  text.length <= NAME_CHARACTERS_MAX && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(text)

const IS_RIGHT: Readonly<Record<Column, (value: string) => boolean>> = {
  upn: isLogin,
  'serial number': value => /^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]{0,62}[A-Za-z0-9])?$/.test(value),
  'secret key': value => value.length <= SECRET_CHARACTERS_MAX && /^[A-Za-z2-7 -]+=*$/.test(value),
  'time interval': value => value === '30' || value === '60',
  manufacturer: isName,
  model: isName,
}

const EXPECTED: Readonly<Record<Column, string>> = {
  upn: 'the login of an account',
  'serial number': 'letters, digits and ._/- up to 64',
  'secret key': `base32 of at least 128 bits, up to ${SECRET_CHARACTERS_MAX} characters`,
  'time interval': '30 or 60',
  manufacturer: `a name of up to ${NAME_CHARACTERS_MAX} characters, or nothing`,
  model: `a name of up to ${NAME_CHARACTERS_MAX} characters, or nothing`,
}
