// Reads a mail as far as tests need it: headers, the text part, the HTML part (RFC 2045, 2047).
export type ReadMail = {
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Unfolded and decoded, by lower-case name; the last one counts. */
  readonly headers: Readonly<Record<string, string>>
}

type Part = { readonly headers: Record<string, string>; readonly body: string }

export function readMail(raw: string): ReadMail {
  const mail = readPart(raw)
  const leaves = leavesOf(mail)
  const bodyOf = (type: string): string => {
    const leaf = leaves.find(part => (part.headers['content-type'] ?? 'text/plain').startsWith(type))
    return leaf ? decodeBody(leaf) : ''
  }
  return {
    subject: mail.headers['subject'] ?? '',
    text: bodyOf('text/plain'),
    html: bodyOf('text/html'),
    headers: mail.headers,
  }
}

function readPart(raw: string): Part {
  const end = raw.search(/\r?\n\r?\n/)
  const head = end < 0 ? raw : raw.slice(0, end)
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  const headers = lines.map(line => /^([^:]+):\s*(.*)$/.exec(line)).filter(found => found !== null)
  return {
    headers: Object.fromEntries(
      headers.map(([, name = '', value = '']) => [name.toLowerCase(), decodeWords(value)]),
    ),
    body: end < 0 ? '' : raw.slice(end).replace(/^\r?\n\r?\n/, ''),
  }
}

function leavesOf(part: Part): Part[] {
  const boundary = /^multipart\/.*boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1]
  if (!boundary) return [part]
  const pieces = part.body.split(`--${boundary}`).map(piece => piece.replace(/^[ \t]*\r?\n|\r?\n$/g, ''))
  return pieces.slice(1, -1).flatMap(piece => leavesOf(readPart(piece)))
}

function decodeBody(part: Part): string {
  const encoding = part.headers['content-transfer-encoding']?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(part.body, 'base64').toString('utf8')
  if (encoding === 'quoted-printable') return quotedPrintable(part.body.replace(/=\r?\n/g, ''))
  return part.body
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

/** `=?utf-8?Q?...?=` and `?B?`; the space between two encoded words is not part of the text. */
const decodeWords = (value: string): string =>
  value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_all, kind: string, text: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64').toString('utf8')
        : quotedPrintable(text.replaceAll('_', ' ')),
    )
