import type { Help } from '../help.ts'
import type { Phrases } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'

/** A piece of a mail, in one language, for both of its parts. */
export type Piece =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'action'; readonly label: string; readonly url: string }

export type Fact = { readonly label: string; readonly value: string }

/** `greeting` null: the message knows no name. */
export type Letter = {
  readonly subject: string
  readonly greeting: string | null
  readonly pieces: readonly Piece[]
}

/** Everything that a letter needs to be spoken: language, place, people. */
export type Voice = {
  readonly phrases: Phrases<Messages>
  readonly organisation: string
  readonly publicUrl: string
  readonly help: Help
}
