import { createHmac } from 'node:crypto'
import { equal } from './seal.ts'

/** HMAC-SHA-256 (RFC 2104) under a secret that is shared with another program, as base64url without padding. */
export const signatureOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text, 'utf8').digest('base64url')

/** In constant time. Padding at the end is forgiven: not every program leaves it out. */
export const isSignature = (secret: string, text: string, given: string): boolean =>
  equal(given.replace(/=+$/, ''), signatureOf(secret, text))
