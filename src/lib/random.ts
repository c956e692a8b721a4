import { randomFillSync, randomInt } from 'node:crypto'

/** The only source of chance. Tests hand in a seeded one. */
export interface Random {
  bytes(length: number): Uint8Array
  /** A whole number from 0 to limit-1, every value equally likely. */
  below(limit: number): number
}

/** A call to the generator costs ten microseconds, its bytes almost nothing: so they are drawn ahead, and given out once. */
const drawn = Buffer.alloc(8_192)
let given = drawn.length

/** Random bytes of the system's generator (RFC 4086), each given out once and wiped from the store that it lay in. */
export function drawBytes(length: number): Buffer {
  if (length > drawn.length) return randomFillSync(Buffer.alloc(length))
  if (given + length > drawn.length) {
    randomFillSync(drawn)
    given = 0
  }
  const bytes = Buffer.from(drawn.subarray(given, given + length))
  drawn.fill(0, given, given + length)
  given += length
  return bytes
}

export const systemRandom: Random = {
  bytes: drawBytes,
  below: limit => randomInt(limit),
}

/** 256 random bits, base64url, 43 characters (ASVS 7.2.3 asks for 128). */
export const newToken = (random: Random): string => Buffer.from(random.bytes(32)).toString('base64url')

/** 128 random bits, base64url, 22 characters; says nothing about what it names. */
export const newId = (random: Random): string => Buffer.from(random.bytes(16)).toString('base64url')

/** `length` decimal digits, uniform, leading zeros kept (ASVS 6.5.3, 6.5.4). */
export const newDigits = (random: Random, length: number): string =>
  Array.from({ length }, () => random.below(10)).join('')

/** RFC 4648 base32 without padding. */
export const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export const newBase32 = (random: Random, length: number): string =>
  Array.from({ length }, () => BASE32[random.below(32)]).join('')

/** No 0, 1, I, L, O, U, V: what is read aloud on the telephone must not be mistaken. */
const SPOKEN = '23456789ABCDEFGHJKMNPQRSTWXYZ'

/** Letters and digits for the telephone, uniform: 4.85 bits each. */
export const newSpoken = (random: Random, length: number): string =>
  Array.from({ length }, () => SPOKEN[random.below(SPOKEN.length)]).join('')

/** A short reference for the telephone, such as K7-4QF: 29^5, about 20 million. Not a secret. */
export const newReference = (random: Random): string => {
  const letters = newSpoken(random, 5)
  return `${letters.slice(0, 2)}-${letters.slice(2)}`
}
