import { isLogin } from '../../account.ts'
import { guidBytes, guidText, sidBytes, sidText } from './binary-ids.ts'

/** What is asked for over the wire, and whether a stored value is the very same: servers fold more than they should. */
export type Wanted = { readonly value: string | Buffer; readonly isSame: (stored: Buffer) => boolean }

/** Names of attributes are letters, digits and hyphens (RFC 4512 section 2.5), here without options. */
const ATTRIBUTE = /^[a-z][a-z0-9-]{0,63}$/i

const GUIDS = ['objectguid', 'ms-ds-consistencyguid']
const SIDS = ['objectsid']
/** Hexadecimal, whose case says nothing (RFC 4530 section 2.3, and those like it). */
const CASELESS = ['entryuuid', 'nsuniqueid', 'ipauniqueid']

/**
 * How `text`, as an identity provider writes it, stands in an attribute. A GUID is taken as text and as the base64 of its
 * bytes, which is what Entra calls an immutable id. Null: nobody can have this value there.
 */
export function wantedIn(attribute: string, text: string): Wanted | null {
  const name = attribute.toLowerCase()
  if (!ATTRIBUTE.test(attribute)) return null
  if (GUIDS.includes(name)) return asBytes(guidOf(text), guidText)
  if (SIDS.includes(name)) return asBytes(sidBytes(text), sidText)
  if (!isLogin(text) || text.trim() !== text) return null
  const fold = (value: string): string => (CASELESS.includes(name) ? value.toLowerCase() : value)
  return { value: text, isSame: stored => fold(stored.toString('utf8')) === fold(text) }
}

/** Only what is written in the one way it has. */
const asBytes = (value: Buffer | null, textOf: (bytes: Buffer) => string | null): Wanted | null =>
  value && textOf(value) !== null ? { value, isSame: stored => stored.equals(value) } : null

function guidOf(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]{22}==$/.test(text)) return guidBytes(text.toLowerCase())
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
