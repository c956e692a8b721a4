/** Embeddings, overrides, forced isolates and marks: with them a name could reorder the sentence around it (UAX 9). */
const OVERRIDES = /[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]/g
const ISOLATES = /[\u2068\u2069]/g
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'

/**
 * Text from outside, to be put into a sentence that runs in `dir`: direction overrides and control characters are
 * taken out, and it is isolated where its own direction may differ (UAX 9, section 2.4.2). What is isolated already
 * stays so.
 */
export function isolate(text: string, dir: 'ltr' | 'rtl'): string {
  const clean = text.replace(/\p{Cc}+/gu, ' ').replace(OVERRIDES, '')
  const inner = isBalanced(clean) ? clean : clean.replace(ISOLATES, '')
  return dir === 'rtl' || RIGHT_TO_LEFT.test(inner) ? FIRST_STRONG_ISOLATE + inner + POP_ISOLATE : inner
}

function isBalanced(text: string): boolean {
  let open = 0
  for (const [mark] of text.matchAll(ISOLATES)) {
    open += mark === POP_ISOLATE ? -1 : 1
    if (open < 0) return false
  }
  return open === 0
}
