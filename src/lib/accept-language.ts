/** Real headers are under 200 characters and name under ten languages; more is noise or an attack. */
const HEADER_CHARACTERS_MAX = 1_000
const RANGES_MAX = 20
const TAG_CHARACTERS_MAX = 35
const REMEMBERED_HEADERS_MAX = 1_000

/**
 * Which of `locales` a language tag means: itself, else with its last parts cut off one by one (RFC 4647 section
 * 3.4, `de-CH` is served by `de`). Null: none; malformed tags too.
 */
export function matchLocale(tag: string, locales: readonly string[]): string | null {
  if (tag.length > TAG_CHARACTERS_MAX || !/^[a-z]+([-_][a-z0-9]+)*$/i.test(tag)) return null
  const parts = tag.toLowerCase().split(/[-_]/)
  for (let length = parts.length; length > 0; length--) {
    const shorter = parts.slice(0, length).join('-')
    const found = locales.find(locale => locale.toLowerCase() === shorter)
    if (found) return found
  }
  return null
}

/**
 * Reads Accept-Language (RFC 9110 section 12.5.4) for a fixed set of locales and remembers the answers, a bounded
 * number of them. Malformed parts of a header are passed over; a huge header counts as none.
 */
export function acceptLanguage(locales: readonly string[]): (header: string) => string | null {
  const answers = new Map<string, string | null>()
  return header => {
    if (header.length > HEADER_CHARACTERS_MAX) return null
    const known = answers.get(header)
    if (known !== undefined) return known
    if (answers.size >= REMEMBERED_HEADERS_MAX) answers.clear()
    const answer = bestLocale(header, locales)
    answers.set(header, answer)
    return answer
  }
}

const bestLocale = (header: string, locales: readonly string[]): string | null =>
  header
    .split(',', RANGES_MAX)
    .map(readRange)
    .filter(range => range.quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(range => matchLocale(range.tag, locales))
    .find(locale => locale !== null) ?? null

/** A weight that cannot be read counts as nothing wanted: nobody's browser sends it. */
function readRange(text: string): { tag: string; quality: number } {
  const [tag = '', ...parameters] = text.split(';').map(part => part.trim())
  const weight = parameters.find(parameter => /^q=/i.test(parameter))
  if (weight === undefined) return { tag, quality: 1 }
  return { tag, quality: /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/i.test(weight) ? Number(weight.slice(2)) : 0 }
}
