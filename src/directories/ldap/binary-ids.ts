/** objectGUID as text: the first three fields are little endian (MS-DTYP 2.3.4.2). Null: not 16 bytes. */
export function guidText(bytes: Buffer | undefined): string | null {
  if (bytes?.length !== 16) return null
  const hex = reordered(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function guidBytes(text: string): Buffer | null {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return null
  return reordered(Buffer.from(text.replaceAll('-', ''), 'hex'))
}

/** Its own reverse. */
const reordered = (bytes: Buffer): Buffer =>
  Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(at => bytes[at] ?? 0))

/** `S-1-5-21-…` (MS-DTYP 2.4.2). Null: not a SID. */
export function sidText(bytes: Buffer | undefined): string | null {
  if (!bytes || bytes.length < 8 || bytes.length !== 8 + 4 * (bytes[1] ?? 0)) return null
  const parts = Array.from({ length: bytes[1] ?? 0 }, (_, at) => bytes.readUInt32LE(8 + 4 * at))
  return ['S', bytes[0], bytes.readUIntBE(2, 6), ...parts].join('-')
}

export function sidBytes(text: string): Buffer | null {
  const parts = text.match(/^S-1-(\d{1,14})((?:-\d{1,10}){1,15})$/)
  if (!parts) return null
  const subs = (parts[2] ?? '').slice(1).split('-').map(Number)
  if (subs.some(sub => sub > 0xffff_ffff)) return null
  const bytes = Buffer.alloc(8 + 4 * subs.length)
  bytes.writeUInt8(1, 0)
  bytes.writeUInt8(subs.length, 1)
  bytes.writeUIntBE(Number(parts[1]), 2, 6)
  for (const [at, sub] of subs.entries()) bytes.writeUInt32LE(sub, 8 + 4 * at)
  return bytes
}
