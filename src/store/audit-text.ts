/**
 * Characters that could break a line, a terminal or the order of reading: C0 and C1 controls, line and paragraph
 * separators, bidirectional controls, zero-width characters, lone surrogates (AUD-06, ASVS 16.4.1).
 */
const DANGEROUS = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

const escaped = (found: string): string =>
  [...Array(found.length).keys()]
    .map(index => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')

/** One line of plain text; what was dangerous stands as an escape. */
export const encodeText = (text: string): string => text.replace(DANGEROUS, escaped)

/** JSON whose text is printable characters alone; it parses to what was given. */
export const encodeJson = (value: unknown): string => JSON.stringify(value).replace(DANGEROUS, escaped)
