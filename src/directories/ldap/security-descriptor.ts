import { guidText, sidText } from './binary-ids.ts'

/** One entry of a DACL that applies to the object itself (MS-DTYP 2.4.4). `right`: a GUID; null: all of them. */
export type AccessEntry = {
  readonly allows: boolean
  readonly mask: number
  readonly right: string | null
  readonly sid: string
}

/** MS-DTYP 2.4.4.1. */
const TYPES: ReadonlyMap<number, { readonly allows: boolean; readonly object: boolean }> = new Map([
  [0x00, { allows: true, object: false }],
  [0x01, { allows: false, object: false }],
  [0x05, { allows: true, object: true }],
  [0x06, { allows: false, object: true }],
])

const INHERIT_ONLY = 0x08
const HAS_OBJECT_TYPE = 0x1
const HAS_INHERITED_TYPE = 0x2

/** Extended rights, such as setting a password (MS-ADTS 5.1.3.2). */
const CONTROL_ACCESS = 0x100

/** User-Force-Change-Password (MS-ADTS 5.1.3.2.1). */
const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529'

/** The entries of the DACL in a self-relative security descriptor (MS-DTYP 2.4.6). Null: not one, or cut short. */
export function readDacl(descriptor: Buffer | undefined): readonly AccessEntry[] | null {
  if (!descriptor || descriptor.length < 20) return null
  const at = descriptor.readUInt32LE(16)
  if (at === 0 || descriptor.length < at + 8) return null
  const entries: AccessEntry[] = []
  let next = at + 8
  for (let left = descriptor.readUInt16LE(at + 4); left > 0; left--) {
    const size = descriptor.length < next + 4 ? 0 : descriptor.readUInt16LE(next + 2)
    if (size < 8 || descriptor.length < next + size) return null
    const entry = readEntry(descriptor.subarray(next, next + size))
    if (entry) entries.push(entry)
    next += size
  }
  return entries
}

function readEntry(bytes: Buffer): AccessEntry | null {
  const type = TYPES.get(bytes[0] ?? -1)
  if (!type || ((bytes[1] ?? 0) & INHERIT_ONLY) !== 0) return null
  const mask = bytes.readUInt32LE(4)
  if (!type.object) return entryOf(type.allows, mask, null, bytes.subarray(8))
  if (bytes.length < 12) return null
  const flags = bytes.readUInt32LE(8)
  const hasRight = (flags & HAS_OBJECT_TYPE) !== 0
  const from = 12 + (hasRight ? 16 : 0) + ((flags & HAS_INHERITED_TYPE) === 0 ? 0 : 16)
  return entryOf(type.allows, mask, hasRight ? guidText(bytes.subarray(12, 28)) : null, bytes.subarray(from))
}

function entryOf(allows: boolean, mask: number, right: string | null, rest: Buffer): AccessEntry | null {
  const sid = sidText(rest.subarray(0, 8 + 4 * (rest[1] ?? 0)))
  return sid === null ? null : { allows, mask, right, sid }
}

/** Whether one of these SIDs may set a password without the old one: the first entry that speaks of it decides. */
export function mayResetPassword(dacl: readonly AccessEntry[], sids: readonly string[]): boolean {
  const first = dacl.find(
    ({ mask, right, sid }) =>
      sids.includes(sid) && (mask & CONTROL_ACCESS) !== 0 && (right === null || right === RESET_PASSWORD),
  )
  return first?.allows ?? false
}
