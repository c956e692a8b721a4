import type { Instant } from './lib/clock.ts'

/** What a page or client needs to solve; the API gives it out as it is, in snake_case. */
export type BotChallenge = { readonly kind: 'altcha' | 'none' } & Readonly<Record<string, unknown>>

/** `token` names the solved challenge, so that the caller can refuse its second use until `expiresAt`. */
export type BotVerdict =
  | { readonly ok: true; readonly token: string; readonly expiresAt: Instant }
  | { readonly ok: false; readonly reason: 'missing' | 'malformed' | 'wrong' | 'stale' }

/** PORT: is it a person? A price for machines; the limits are the protection. `dear`: four times the price (decisions 2.8). */
export interface BotCheck {
  readonly kind: BotChallenge['kind']
  challenge(now: Instant, dear: boolean): Promise<BotChallenge>
  /** The ticket of the page without script: valid once, no earlier than 20 s after it was given out (decisions 1.12). */
  ticket(now: Instant): string
  /**
   * `dear`: the full price was paid. A cheap challenge is anybody's to collect before its source became dear, so the
   * caller that wants the dear price looks at it.
   */
  verify(
    solution: string,
    now: Instant,
  ): Promise<BotVerdict & { readonly scriptless?: boolean; readonly dear?: boolean }>
}
