// Which LDAP operations a chunk of plain bytes holds (RFC 4511 section 4.1.1: SEQUENCE { messageID, protocolOp }).
const OPERATIONS = {
  bind: 0x60,
  unbind: 0x42,
  search: 0x63,
  modify: 0x66,
  add: 0x68,
  delete: 0x4a,
  rename: 0x6c,
  extended: 0x77,
} as const

export type LdapOperation = keyof typeof OPERATIONS

/** A predicate for the fault proxy: does the chunk hold such a request? */
export const holdsLdap =
  (...wanted: readonly LdapOperation[]) =>
  (chunk: Buffer): boolean =>
    operationTags(chunk).some(tag => wanted.some(name => OPERATIONS[name] === tag))

function operationTags(chunk: Buffer): number[] {
  const tags: number[] = []
  let at = 0
  while (at + 2 < chunk.length && chunk[at] === 0x30) {
    const message = lengthAt(chunk, at + 1)
    const id = lengthAt(chunk, message.from + 1)
    tags.push(chunk[id.from + id.length] ?? 0)
    at = message.from + message.length
  }
  return tags
}

/** BER definite length: short form below 128, else the number of length bytes. */
function lengthAt(chunk: Buffer, at: number): { readonly from: number; readonly length: number } {
  const first = chunk[at] ?? 0
  if (first < 0x80) return { from: at + 1, length: first }
  const count = first & 0x7f
  return { from: at + 1 + count, length: count === 0 ? 0 : chunk.readUIntBE(at + 1, Math.min(count, 6)) }
}
