import type { HostedKind, Widget } from '../bot-check.ts'

export type Provider = {
  readonly verifyUrl: string
  readonly script: string
  /** As the provider documents them for a content policy, and no more. */
  readonly sources: Widget['sources']
  /** Refuses solutions made for another key of the same account, where the call takes the key. */
  readonly sendsSiteKey: boolean
}

const HCAPTCHA = ['https://hcaptcha.com', 'https://*.hcaptcha.com']

/**
 * Who can be asked. Sources: developers.cloudflare.com/turnstile (reference, content security policy), docs.hcaptcha.com
 * (configuration, CSP settings), developers.google.com/recaptcha (docs/verify, docs/faq).
 */
export const PROVIDERS: Readonly<Record<HostedKind, Provider>> = {
  turnstile: {
    verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    script: 'https://challenges.cloudflare.com/turnstile/v0/api.js',
    sources: {
      'script-src': ['https://challenges.cloudflare.com'],
      'frame-src': ['https://challenges.cloudflare.com'],
    },
    sendsSiteKey: false,
  },
  hcaptcha: {
    verifyUrl: 'https://api.hcaptcha.com/siteverify',
    script: 'https://js.hcaptcha.com/1/api.js',
    sources: {
      'script-src': HCAPTCHA,
      'frame-src': HCAPTCHA,
      'style-src': HCAPTCHA,
      'connect-src': HCAPTCHA,
    },
    sendsSiteKey: true,
  },
  recaptcha: {
    verifyUrl: 'https://www.google.com/recaptcha/api/siteverify',
    script: 'https://www.google.com/recaptcha/api.js',
    sources: {
      'script-src': ['https://www.google.com/recaptcha/', 'https://www.gstatic.com/recaptcha/'],
      'frame-src': ['https://www.google.com/recaptcha/', 'https://recaptcha.google.com/recaptcha/'],
    },
    sendsSiteKey: false,
  },
}

/** With a script of one's own, its origin stands in place of the provider's hosts. */
export function sourcesOf({ sources }: Provider, script: string | null): Widget['sources'] {
  if (script === null) return sources
  const own = [new URL(script).origin]
  return { 'script-src': own, 'frame-src': own, 'style-src': own, 'connect-src': own }
}
