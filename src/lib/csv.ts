/**
 * One line of comma-separated values (RFC 4180): quotes around a field, two quotes for one inside. Null where a quote is
 * left open or stands inside a plain field. A line break inside quotes is not read: so a quote that somebody forgot costs
 * its own line and no other.
 */
export function csvFields(line: string): string[] | null {
  const fields: string[] = []
  for (let at = 0; ; ) {
    FIELD.lastIndex = at
    const [whole = '', quoted, plain] = FIELD.exec(line) ?? []
    const end = line[at + whole.length]
    if (end !== ',' && end !== undefined) return null
    if (quoted === undefined && plain === undefined) return null
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === undefined) return fields
    at += whole.length + 1
  }
}

/** Each letter is looked at once: no alternative begins as another does. */
const FIELD = /"((?:[^"]|"")*)"|([^",]*)/y

/** A line with its number, from 1. `text` null: longer than allowed, or not UTF-8; the lines behind it are read. */
export type Line = { readonly number: number; readonly text: string | null }

/**
 * The lines of a stream of bytes, ended by LF or CRLF, without the mark that editors put before UTF-8. No more than `max`
 * characters of a line and one part of the stream are held at a time.
 */
export async function* boundedLines(
  parts: AsyncIterable<Uint8Array | string>,
  max: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8')
  let number = 0
  let held = ''
  let isTooLong = false
  const lineOf = (raw: string): Line => {
    const text = raw.replace(/\r$/, '')
    // What is not UTF-8 was decoded to this sign, which no spreadsheet writes.
    const isBad = isTooLong || text.length > max || text.includes('\ufffd')
    isTooLong = false
    return { number: ++number, text: isBad ? null : text }
  }
  for await (const part of parts) {
    const texts = decoder
      .decode(typeof part === 'string' ? Buffer.from(part) : part, { stream: true })
      .split('\n')
    const last = texts.pop() ?? ''
    for (const text of texts) {
      yield lineOf(held + text)
      held = ''
    }
    held += last
    // The one more may be a carriage return.
    if (held.length > max + 1) {
      isTooLong = true
      held = ''
    }
  }
  held += decoder.decode()
  if (held !== '' || isTooLong) yield lineOf(held)
}
