import type { Instant } from '../../lib/clock.ts'

/** Milliseconds between 1601 and 1970. */
const EPOCH_1601_MS = 11_644_473_600_000

/** What "never" looks like in accountExpires and maxPwdAge (MS-ADTS 2.2.9, MS-ADA1). */
const NEVER = 0x7fff_ffff_ffff_ffffn

/** A FILETIME, 100 ns since 1601 (MS-DTYP 2.3.3). Null: 0 or never. */
export const fromFileTime = (value: bigint | null): Instant | null =>
  value === null || value <= 0n || value >= NEVER ? null : Number(value / 10_000n) - EPOCH_1601_MS

/** A duration of Active Directory: negative, in 100 ns. Null: 0 or never. */
export const fromInterval = (value: bigint | null): number | null =>
  value === null || value >= 0n || -value >= NEVER ? null : Number(-value / 10_000n)

/** Generalized time in UTC (RFC 4517 section 3.3.13), fractions kept to the millisecond. Null: none. */
export function fromGeneralizedTime(text: string | null): Instant | null {
  const parts = text?.match(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?Z$/)
  if (!parts) return null
  const [, year, month, day, hour, minute, second, fraction = ''] = parts
  const at = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  )
  return Number.isNaN(at) ? null : at
}
