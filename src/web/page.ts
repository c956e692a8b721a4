import type { ComponentChildren } from 'preact'
import type { Help } from '../help.ts'
import type { Instant } from '../lib/clock.ts'
import type { Phrases } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'

/** Where the browser finds what `scripts/build.ts` made; the build's manifest fills it. */
export type Assets = {
  readonly style: string
  readonly script: string
  readonly botCheck: string
  readonly botCheckWorker: string
  readonly hostedCheck: string
  readonly password: string
  readonly passkey: string
  readonly icon: string
}

export type Language = { readonly locale: string; readonly name: string }

/** What every page of the portal knows. Plain data: a page is a pure function of it and of its own props. */
export type PageContext = {
  readonly texts: Phrases<Messages>
  readonly organisation: { readonly name: string; readonly logo?: string }
  readonly help: Help
  /** The short reference of this reset; null before the login. */
  readonly reference: string | null
  /** Goes into every form as `form_token`. */
  readonly formToken: string
  /** The address of this page without its query: the language links lead here. */
  readonly path: string
  readonly languages: readonly Language[]
  readonly assets: Assets
  readonly now: Instant
  /** Somebody is signed in on a shared computer: every page clears it after ten idle minutes (decisions 1.10). */
  readonly isShared?: boolean
  /** The sign-in that this page belongs to: until when it lasts, and whether it can be prolonged. */
  readonly signIn?: { readonly endsAt: Instant; readonly mayStay: boolean }
  /** A line above everything, on every page: the demo's. */
  readonly banner?: ComponentChildren
}
