// Chromium's own authenticator in software (CDP, domain WebAuthn): a phone or a security key that says yes at once.
import type { BrowserContext, Page } from 'playwright-core'

export type VirtualAuthenticator = {
  /** Its owner looks away: the fingerprint fails, until they look again. */
  verifies(isOwner: boolean): Promise<void>
  credentials(): Promise<number>
}

export async function addAuthenticator(context: BrowserContext, page: Page): Promise<VirtualAuthenticator> {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    verifies: async isUserVerified =>
      void (await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })),
    credentials: async () =>
      (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  }
}
