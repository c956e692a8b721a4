import type { Finding } from './directory.ts'

/** What one sign-in hands over and expects back; 256 random bits each (RFC 7636 section 4.1, OpenID Connect Core 15.5.2). */
export type Expected = { readonly state: string; readonly nonce: string; readonly verifier: string }

/** Somebody whom the identity provider knows. Nothing else of what it said is kept. */
export type Identified = {
  /** The value of the configured claim, under the one issuer that is configured. */
  readonly text: string
  readonly hasSecondFactor: boolean
}

/**
 * PORT: the organisation's own place for signing in.
 *
 * Throws IdentityError alone. No call takes longer than 5 s.
 */
export interface IdentityProvider {
  /** Its host, for people to see where they are sent. */
  readonly host: string
  /** Where the browser goes. */
  begin(expected: Expected): Promise<string>
  /**
   * Judges what the browser came back with, at the address `callback` with its query: state, issuer, code, and the token
   * that the code buys, with its signature, audience, nonce and a sign-in of the last five minutes.
   */
  finish(callback: URL, expected: Expected): Promise<Identified>
  check(): Promise<readonly Finding[]>
  close(): Promise<void>
}

/** Where the provider sends browsers back to, below `public_url`; registered there letter by letter. */
export const CALLBACK_PATH = '/sign-in/oidc/callback'

/**
 * `unavailable`: it did not answer, or not sensibly. `declined`: it says that the person was not signed in. `refused`: what
 * came back is not to be believed. `reason`: a fixed word for audit and log, without anything of a token.
 */
export class IdentityError extends Error {
  readonly why: 'unavailable' | 'declined' | 'refused'
  readonly reason: string
  constructor(why: IdentityError['why'], reason: string) {
    super(`the identity provider: ${reason}`)
    this.name = 'IdentityError'
    this.why = why
    this.reason = reason
  }
}

/**
 * Values of `amr` (RFC 8176 section 2) that say by themselves that it was more than a password: several factors, or a key in
 * hardware. `fido` and `ngcmfa` are Entra's words for a FIDO2 key and for several factors at a stronger sign-in.
 */
const STRONG = ['mfa', 'hwk', 'sc', 'fido', 'ngcmfa']
/** Possession, which makes two factors only beside something known: these alone may stand in a password's place. */
const POSSESSION = ['otp', 'sms', 'tel', 'swk', 'mca']
const KNOWLEDGE = ['pwd', 'pin']

/** Whether a second factor was shown. What a provider does not tell counts as a password alone (decisions 3.5). */
export const showsSecondFactor = (amr: readonly string[]): boolean =>
  STRONG.some(value => amr.includes(value)) ||
  (POSSESSION.some(value => amr.includes(value)) && KNOWLEDGE.some(value => amr.includes(value)))
