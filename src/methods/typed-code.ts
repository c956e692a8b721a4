import { BASE32 } from '../lib/random.ts'
import type { Answer } from '../method.ts'

/** Longer answers are not looked at: a code with all its spaces and hyphens is far shorter (DOS-05). */
const CHARACTERS_MAX = 64

/** What people and mail programs put between digits: spaces of every kind, hyphens and dashes. */
const BETWEEN = /[\s\u2010-\u2014-]/g

/** Exactly `length` ASCII digits after spaces and hyphens are taken out; else null (TOK-12). Throws for nothing. */
export function typedDigits(answer: Answer, length: number): string | null {
  const code = withoutGaps(answer)
  return code?.length === length && /^[0-9]+$/.test(code) ? code : null
}

/** Base32 with spaces, hyphens and case forgiven; null where anything else stands in it. */
export function typedBase32(text: string): string | null {
  const code = text.replace(BETWEEN, '').toUpperCase()
  return /^[A-Z2-7]+$/.test(code) ? code : null
}

/** The answer without gaps; null where it is no text or too long. */
export function withoutGaps(answer: Answer): string | null {
  // Actions check answers at the border; a second look costs nothing and keeps `judge` from ever throwing.
  const code: unknown = answer?.kind === 'code' ? answer.code : null
  if (typeof code !== 'string' || code.length > CHARACTERS_MAX) return null
  return code.replace(BETWEEN, '')
}

/** RFC 4648 section 6 without padding; null for another alphabet and for lengths that no encoder makes. */
export function decodeBase32(text: string): Uint8Array | null {
  if (!/^[A-Z2-7]+$/.test(text) || [1, 3, 6].includes(text.length % 8)) return null
  const bits = [...text].map(letter => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const octets = bits.match(/.{8}/g) ?? []
  return Uint8Array.from(octets, octet => Number.parseInt(octet, 2))
}
