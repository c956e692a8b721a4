import { AppError } from '../../errors.ts'

/** What a list held. `below`: seen fewer times than was asked for. `first`: line numbers of the first malformed ones. */
export type LineCounts = {
  lines: number
  taken: number
  below: number
  malformed: number
  readonly first: number[]
}

/** More than one malformed line in a thousand: this is another kind of file, or a broken one. */
const MALFORMED_SHARE_MAX = 0.001
/** From here on a wrong file is not read to its end. */
const LINES_BEFORE_REFUSAL = 10_000
const FIRST_MAX = 5
/** A digest, a colon, a count, a line end; whatever is longer is malformed. */
const LINE_BYTES_MAX = 100

const DIGEST_CHARACTERS = 40
const [LINE_END, RETURN, COLON, ZERO] = [0x0a, 0x0d, 0x3a, 0x30]
const NO_DIGIT = 255
const DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(value) ? NO_DIGIT : value
})

/**
 * Reads lines `SHA1` or `SHA1:count`, sorted or not, ended by LF or CRLF, and gives each digest of at least `minCount`
 * to `take` (the same 20 bytes again each time). Empty lines do not count; a count of 0 is padding. Throws
 * `invalid-input` where too many lines are malformed. Lines are never shown: somebody may hand in clear passwords.
 */
export async function readLines(
  input: AsyncIterable<Uint8Array>,
  minCount: number,
  take: (digest: Buffer) => void,
  progress: (counts: LineCounts) => void = () => {},
): Promise<LineCounts> {
  const counts: LineCounts = { lines: 0, taken: 0, below: 0, malformed: 0, first: [] }
  const digest = Buffer.alloc(DIGEST_CHARACTERS / 2)
  const line = (bytes: Uint8Array, from: number, to: number): void => {
    const end = bytes[to - 1] === RETURN ? to - 1 : to
    if (end <= from) return
    counts.lines += 1
    const count = end - from > LINE_BYTES_MAX ? -1 : parse(bytes, from, end, digest)
    if (count < 0) noteMalformed(counts)
    else if (count < minCount) counts.below += 1
    else {
      counts.taken += 1
      take(digest)
    }
  }
  let rest: Uint8Array = new Uint8Array()
  for await (const part of input) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part])
    let from = 0
    for (let at = rest.length; at < bytes.length; at += 1) {
      if (bytes[at] !== LINE_END) continue
      line(bytes, from, at)
      from = at + 1
    }
    // Of a line without an end only so much is kept as tells that it is malformed.
    rest = bytes.subarray(from, from + LINE_BYTES_MAX + 2)
    if (counts.lines >= LINES_BEFORE_REFUSAL) refuseForeign(counts)
    progress(counts)
  }
  line(rest, 0, rest.length)
  refuseForeign(counts)
  return counts
}

/** Fills `digest`; gives the count, 1 where none stands there, or -1 for a malformed line. */
function parse(bytes: Uint8Array, from: number, end: number, digest: Buffer): number {
  if (end - from < DIGEST_CHARACTERS) return -1
  for (let at = 0; at < digest.length; at += 1) {
    const high = DIGITS[bytes[from + 2 * at] ?? 0] ?? NO_DIGIT
    const low = DIGITS[bytes[from + 2 * at + 1] ?? 0] ?? NO_DIGIT
    if (high === NO_DIGIT || low === NO_DIGIT) return -1
    digest[at] = (high << 4) | low
  }
  const behind = from + DIGEST_CHARACTERS
  if (behind === end) return 1
  if (bytes[behind] !== COLON || end === behind + 1 || end - behind > 16) return -1
  let count = 0
  for (let at = behind + 1; at < end; at += 1) {
    const value = (bytes[at] ?? 0) - ZERO
    if (value < 0 || value > 9) return -1
    count = count * 10 + value
  }
  return count
}

function noteMalformed(counts: LineCounts): void {
  counts.malformed += 1
  if (counts.first.length < FIRST_MAX) counts.first.push(counts.lines)
}

function refuseForeign({ lines, malformed, first }: LineCounts): void {
  if (malformed <= lines * MALFORMED_SHARE_MAX) return
  throw new AppError(
    'invalid-input',
    `${malformed} of ${lines} lines are no SHA-1 digest with a count (the first: ${first.join(', ')}). ` +
      'The list must hold lines such as 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3861493; NTLM digests are not taken.',
  )
}
