import { z } from 'zod'
import type { Assertion, Attestation } from '../method.ts'

/** What browsers say of passkeys, as JSON (WebAuthn 5.1.8 to 5.1.10). Strict, and no part larger than authenticators make it. */

/** 8 KiB hold every answer without a certificate; the whole body is at most 16 KiB (DOS-01). */
const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/)

/** At most 1023 bytes (WebAuthn 5.8.3). */
const credentialId = base64url(1_364)

/** What else a browser may say of a passkey is not read. */
const unread = {
  authenticatorAttachment: z.string().max(32).nullish(),
  clientExtensionResults: z.record(z.string().max(64), z.unknown()).optional(),
}

export const assertion = z.strictObject({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.strictObject({
    clientDataJSON: base64url(4_096),
    authenticatorData: base64url(2_048),
    signature: base64url(2_048),
    // At most 64 bytes (WebAuthn 5.4.3). An authenticator may leave it out; then it proves nothing here.
    userHandle: base64url(88)
      .nullish()
      .transform(handle => handle ?? undefined),
  }),
  ...unread,
})

const attestation = z.strictObject({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.strictObject({ clientDataJSON: base64url(4_096), attestationObject: base64url(12_288) }),
  ...unread,
})

export const passkeyRequest = z.object({
  challenge: z.string(),
  timeout: z.number().int(),
  rpId: z.string(),
  userVerification: z.literal('required'),
})

/** Null where a form's field holds anything else. */
export const assertionIn = (field: string): Assertion | null => parsed(assertion, field)
export const attestationIn = (field: string): Attestation | null => parsed(attestation, field)

function parsed<T>(schema: z.ZodType<T>, field: string): T | null {
  try {
    return schema.parse(JSON.parse(field))
  } catch {
    return null
  }
}
