// The part of passkeys that needs a package, and so large a one that it is loaded with the first passkey and not before.
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import type { Assertion, Attestation, VerifiedAssertion } from '../method.ts'

type Expected = { readonly origin: string; readonly rpId: string; readonly challenge: string }

/**
 * WebAuthn 7.2: challenge, origin, relying party, presence and verification of the person, signature. The counter, the handle
 * and the credential are the caller's to compare. Null for whatever is not as it must be; throws nothing.
 */
export async function verifyAssertion(
  { origin, rpId, challenge }: Expected,
  { key }: { readonly key: string },
  assertion: Assertion,
): Promise<VerifiedAssertion | null> {
  try {
    const { id, rawId, type, response } = assertion
    const { userHandle = '', ...signed } = response
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { id, rawId, type, clientExtensionResults: {}, response: signed },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      // Counted where the secret cannot change meanwhile.
      credential: { id, publicKey: bytes(key), counter: 0 },
    })
    if (!verified || isFramed(response.clientDataJSON)) return null
    return {
      kind: 'verified',
      credential: id,
      challenge,
      user: userHandle,
      counter: authenticationInfo.newCounter,
    }
  } catch {
    return null
  }
}

/** WebAuthn 7.1, whoever made the authenticator. Null for whatever is not as it must be; throws nothing. */
export async function verifyAttestation(
  { origin, rpId, challenge }: Expected,
  algorithms: readonly number[],
  { id, rawId, type, response }: Attestation,
): Promise<{ id: string; key: string; counter: number } | null> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { id, rawId, type, clientExtensionResults: {}, response },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    })
    if (!verified || isFramed(response.clientDataJSON)) return null
    const { id: named, publicKey, counter } = registrationInfo.credential
    return named === id ? { id, key: Buffer.from(publicKey).toString('base64url'), counter } : null
  } catch {
    return null
  }
}

/** Within a page of another site (WebAuthn 5.8.1): no page of ours lies in one. */
const isFramed = (clientData: string): boolean =>
  JSON.parse(Buffer.from(clientData, 'base64url').toString()).crossOrigin === true

/** A copy of its own: the package asks for bytes on an ArrayBuffer. */
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'base64url'))
