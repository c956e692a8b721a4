import { pino } from 'pino'

type Fields = Readonly<Record<string, unknown>>

/** One line of JSON per event. `event` is a fixed text; what varies stands in the fields. */
export type Log = {
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, fields?: Fields): void
}

/** Fields that never reach a log, at any depth and whatever they hold (AUD-05). */
const SECRET =
  /pass(word|phrase|wd)|secret|token|cookie|authori[sz]ation|credential|^seed$|^old$|^codes$|^answers?$|^digits$/i
/** A one-time code under the name `code`, which otherwise is an error's own word (ECONNREFUSED, not-now, 49). */
const ONE_TIME_CODE = /^(\d{4,}|[A-Z2-7-]*\d[A-Z2-7-]*)$/

const DEPTH_MAX = 5
const ITEMS_MAX = 50
const TEXT_MAX = 2_000

/** JSON leaves these as they are; a terminal or a viewer would act on them (AUD-06). */
const CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Lines go to `write`, by default to standard output, at once. There is no level to switch anything off (AUD-10). */
export function createLog(write?: (line: string) => void): Log {
  const logger = pino(
    {
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      hooks: { streamWrite: encodeControls },
    },
    write ? { write } : pino.destination({ dest: 1, sync: true }),
  )
  return {
    info: (event, fields = {}) => logger.info(shown(fields), event),
    warn: (event, fields = {}) => logger.warn(shown(fields), event),
    error: (event, fields = {}) => logger.error(shown(fields), event),
  }
}

const encodeControls = (line: string): string =>
  line.replace(CONTROLS, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The fields as they may be shown: secrets left out, errors as plain data, nothing endless. */
const shown = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shownField(name, value, 0)]))

function shownField(name: string, value: unknown, depth: number): unknown {
  if (SECRET.test(name)) return '(secret)'
  return name === 'code' && typeof value === 'string' && ONE_TIME_CODE.test(value)
    ? '(secret)'
    : shownValue(value, depth + 1)
}

function shownValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '(function)' : value
  if (depth > DEPTH_MAX) return '(more)'
  if (value instanceof Error) return shownError(value, depth)
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map(item => shownValue(item, depth + 1))
  const entries = Object.entries(value).slice(0, ITEMS_MAX)
  return Object.fromEntries(entries.map(([name, inner]) => [name, shownField(name, inner, depth)]))
}

/** Only what every error has: libraries hang requests, options and entries on theirs. */
function shownError(error: Error, depth: number): unknown {
  return {
    type: error.name,
    message: shownValue(error.message, depth),
    ...('code' in error ? { code: shownField('code', error.code, depth) } : {}),
    stack: shownValue(error.stack, depth),
    ...(error.cause === undefined ? {} : { cause: shownValue(error.cause, depth + 1) }),
  }
}
