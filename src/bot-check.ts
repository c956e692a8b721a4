import type { Instant } from './lib/clock.ts'

/** Checks of somebody else, who is asked by browser and server. */
export type HostedKind = 'turnstile' | 'hcaptcha' | 'recaptcha'

/** What a page or client needs to solve; the API gives it out as it is, in snake_case. */
export type BotChallenge = { readonly kind: 'altcha' | 'none' | HostedKind } & Readonly<
  Record<string, unknown>
>

/**
 * `token` names the solved challenge, so that the caller can refuse its second use until `expiresAt`. `unavailable`: who
 * verifies did not answer, so nobody passes (INV-8); it says nothing of the solution.
 */
export type BotVerdict =
  | { readonly ok: true; readonly token: string; readonly expiresAt: Instant }
  | { readonly ok: false; readonly reason: 'missing' | 'malformed' | 'wrong' | 'stale' | 'unavailable' }

/** What the page of a hosted check loads from its provider, and what its content policy must therefore allow. */
export type Widget = {
  /** The provider's script; the page adds what it takes in its query. */
  readonly script: string
  /** Where the provider scores in silence instead of asking: the name of what is being done. */
  readonly action: string | null
  readonly sources: Readonly<Partial<Record<WidgetDirective, readonly string[]>>>
}
export type WidgetDirective = 'script-src' | 'frame-src' | 'style-src' | 'connect-src'

/** PORT: is it a person? A price for machines; the limits are the protection. `dear`: four times the price (decisions 2.8). */
export interface BotCheck {
  readonly kind: BotChallenge['kind']
  challenge(now: Instant, dear: boolean): Promise<BotChallenge>
  /** Of a hosted check: what the page loads. Null while its provider does not answer: then the ticket is all there is. */
  widget?(now: Instant): Widget | null
  /** The ticket of the page without script: valid once, no earlier than 20 s after it was given out (decisions 1.12). */
  ticket(now: Instant): string
  /**
   * `dear`: the full price was paid. A cheap challenge is anybody's to collect before its source became dear, so the
   * caller that wants the dear price looks at it. `source`: the address that asks, so that one cannot take up a hosted
   * check for all.
   */
  verify(
    solution: string,
    now: Instant,
    source?: string,
  ): Promise<BotVerdict & { readonly scriptless?: boolean; readonly dear?: boolean }>
}
