import type { HashedText, NearIndex } from './lib/near-index.ts'

/** Terms are 4 to 16 characters and nothing shorter than 4 is taken for one; an edit may add one character. */
const UNITS = { min: 4, max: 17 }

/** `price`: 0 for a term of the organisation's, and for a common one that stood before; else 1. */
export type Place = { readonly end: number; readonly price: 0 | 1 }

/** The terms that begin at a unit of a password. */
export type Places = (start: number) => readonly Place[]

type Terms = { readonly own: NearIndex; readonly common: NearIndex }

/** Looked up only where a rule gets to, and once. */
export function placesOf(text: HashedText, terms: Terms): Places {
  const covered = exactlyCovered(text, terms)
  const known = new Map<number, Place[]>()
  return start => {
    const places = known.get(start) ?? placesFrom(text, start, terms, covered)
    known.set(start, places)
    return places
  }
}

function placesFrom(text: HashedText, start: number, { own, common }: Terms, covered: Uint8Array): Place[] {
  const places: Place[] = []
  for (let end = start + UNITS.min; end <= lastEnd(text, start); end++) {
    if (isTerm(own, text, start, end, covered)) places.push({ end, price: 0 })
    else if (isTerm(common, text, start, end, covered)) {
      const stoodBefore = text.text.indexOf(text.text.slice(start, end)) < start
      places.push({ end, price: stoodBefore ? 0 : 1 })
    }
  }
  return places
}

/**
 * A term with an edit must not swallow what is beside an exact term that is as long: "blankf" is one edit from "blank", and
 * yet the documented answer counts "blank" and "f" (spec/entra-sspr.md 4.3, "claim exact terms first"). The list has
 * "monkey1", too, which is one longer than "monkey" and one edit from "monkey-".
 */
function isTerm(
  terms: NearIndex,
  text: HashedText,
  start: number,
  end: number,
  covered: Uint8Array,
): boolean {
  if (terms.exact(text, start, end) >= 0) return true
  const length = terms.near(text, start, end)
  if (length === 0) return false
  for (let at = start; at < end; at++) if ((covered[at] ?? 0) >= length - 1) return false
  return true
}

/** For each unit the length of the longest exact term over it. */
function exactlyCovered(text: HashedText, { own, common }: Terms): Uint8Array {
  const covered = new Uint8Array(text.text.length)
  for (let start = 0; start < covered.length; start++) {
    for (let end = start + UNITS.min; end <= lastEnd(text, start); end++) {
      if (own.exact(text, start, end) < 0 && common.exact(text, start, end) < 0) continue
      for (let at = start; at < end; at++) covered[at] = Math.max(covered[at] ?? 0, end - start)
    }
  }
  return covered
}

const lastEnd = (text: HashedText, start: number): number => Math.min(text.text.length, start + UNITS.max)
