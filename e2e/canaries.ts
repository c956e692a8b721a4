// Does a secret lie where it must not? Every secret that a test used is searched for, in five encodings (STO-03).
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Canary = { readonly name: string; readonly value: string }

type Encoding = { readonly name: string; readonly needles: (value: string) => readonly string[] }

/** Bytes are searched as Latin-1 text, one character a byte. */
const bytesOf = (value: string): string => Buffer.from(value, 'utf8').toString('latin1')

export const ENCODINGS: readonly Encoding[] = [
  { name: 'raw', needles: value => [bytesOf(value)] },
  {
    name: 'base64',
    needles: value => [0, 1, 2].flatMap(before => [base64At(value, before), base64UrlAt(value, before)]),
  },
  {
    name: 'hex',
    needles: value => {
      const hex = Buffer.from(value, 'utf8').toString('hex')
      return [hex, hex.toUpperCase()]
    },
  },
  { name: 'UTF-16LE', needles: value => [Buffer.from(value, 'utf16le').toString('latin1')] },
  {
    name: 'URL-encoded',
    needles: value => {
      const encoded = encodeURIComponent(value)
      return [encoded, encoded.replaceAll('%20', '+'), encoded.replace(/%../g, each => each.toLowerCase())]
    },
  },
]

/** What stands in base64 wherever the value begins: characters that it shares with its neighbours are left out. */
function base64At(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value, 'utf8')])
  const whole = bytes.toString('base64').replace(/=+$/, '')
  const skipped = [0, 2, 3][before] ?? 0
  return whole.slice(skipped, bytes.length % 3 === 0 ? undefined : -1)
}

const base64UrlAt = (value: string, before: number): string =>
  base64At(value, before).replaceAll('+', '-').replaceAll('/', '_')

/** `place: canary as encoding`, for each that was found in a text or a file. Empty: none. */
export function leaksIn(canaries: readonly Canary[], places: ReadonlyMap<string, Buffer | string>): string[] {
  return [...places].flatMap(([place, content]) => {
    const text = typeof content === 'string' ? bytesOf(content) : content.toString('latin1')
    return canaries.flatMap(({ name, value }) =>
      ENCODINGS.filter(({ needles }) => needles(value).some(needle => holds(text, needle))).map(
        encoding => `${place}: ${name} as ${encoding.name}`,
      ),
    )
  })
}

/** Six digits stand by chance in a longer number or digest; a code that leaked stands by itself. */
function holds(text: string, needle: string): boolean {
  if (!/^\d{6,8}$/.test(needle)) return text.includes(needle)
  return new RegExp(`(?<![0-9A-Za-z.])${needle}(?![0-9A-Za-z.])`).test(text)
}

/** Every file below a folder, by its path. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  return new Map(paths.filter(path => statSync(path).isFile()).map(path => [path, readFileSync(path)]))
}
