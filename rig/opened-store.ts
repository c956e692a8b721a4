// A database as somebody has it who stole it together with the key ring: every value that a key opens, opened.
import { createDecipheriv, createHmac } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Key } from '../src/lib/seal.ts'

export type OpenedValue = { readonly table: string; readonly text: string }

/** Keys of accounts, which the ring opens, are used in their turn. */
export function openedStore(file: string, ring: readonly Key[]): readonly OpenedValue[] {
  const cells = cellsOf(file)
  const byRing = cells.flatMap(cell => openedBy(ring, cell))
  const secrets = byRing.filter(({ table }) => table === 'account_keys')
  const accountKeys = secrets.map(({ text }) => ({ id: 'account', secret: Buffer.from(text, 'base64url') }))
  return [...byRing, ...accountKeys.flatMap(key => cells.flatMap(cell => openedBy([key], cell)))]
}

function cellsOf(file: string): OpenedValue[] {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const tables = db.prepare("select name from sqlite_schema where type = 'table'").all()
    return tables.flatMap(({ name }) =>
      db
        .prepare(`select * from "${name}"`)
        .all()
        .flatMap(row => Object.values(row).map(value => ({ table: String(name), text: String(value) }))),
    )
  } finally {
    db.close()
  }
}

/** As `lib/seal.ts` seals; the place, which a thief need not know, is not checked. Garbage of a wrong key does no harm. */
function openedBy(keys: readonly Pick<Key, 'id' | 'secret'>[], { table, text }: OpenedValue): OpenedValue[] {
  const [id = '', body = ''] = text.replace(/^[ar]:/, '').split('.')
  const bytes = Buffer.from(body, 'base64url')
  return keys
    .filter(key => key.id === id && bytes.length >= 44)
    .map(({ secret }) => {
      const salt = bytes.subarray(0, 16)
      const key = createHmac('sha256', secret).update('postern value key\0').update(salt).digest()
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28))
      return { table, text: decipher.update(bytes.subarray(28, -16), undefined, 'utf8') }
    })
}
