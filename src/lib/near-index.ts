/**
 * Finds which of many terms stand at a place of a text, exactly or with one character inserted, deleted or
 * replaced (edit distance 1). A term is kept under its hash and, where it may be found with an edit, under the
 * hash of each way to leave one of its characters out: two strings at distance 1 always share one of these.
 * A look-up is a few dozen probes of one table, whatever the number of terms. Characters are UTF-16 units.
 */
export type NearIndex = {
  /** The place of the term that equals the units from `start` to `end`, or -1. */
  exact(text: HashedText, start: number, end: number): number
  /** The length of the longest term at edit distance exactly 1 from those units, or 0. */
  near(text: HashedText, start: number, end: number): number
}

/** A text with the hashes of all its beginnings, so that any window of it is hashed in two steps. */
export type HashedText = { readonly text: string; readonly prefixes: Int32Array }

/** All terms in a row, and where each begins; one more start than terms. */
type Joined = { readonly text: HashedText; readonly starts: Uint32Array }

/** A table entry is 16 bits of a term's place and 16 bits of its hash. */
export const TERMS_MAX = 65_534
const UNITS_MAX = 1_024
const GRAM_SLOTS = 16_384
const BASE = 0x01000193
const POWERS = powersOf(BASE, UNITS_MAX)

/**
 * `terms` are distinct; a term's number is its place among them. `edits` says which may be found with an edit.
 * Throws a RangeError above TERMS_MAX terms, or where a term has more than 1,024 units.
 */
export function createNearIndex(terms: readonly string[], edits: (term: string) => boolean): NearIndex {
  if (terms.length > TERMS_MAX) throw new RangeError(`more than ${TERMS_MAX} terms`)
  const all = terms.join('')
  const starts = startsOf(terms)
  const editable = Uint8Array.from(terms, term => (edits(term) ? 1 : 0))
  const joined = { text: hashUnits(all), starts }
  const table = tableOf(joined, editable)
  const every = editable.map(() => 1)
  const mayEqual = gramsOf(joined, every, shortest(starts, every, 4))
  const mayBeNear = halvesOf(joined, editable)
  const lengthOf = (term: number): number => (starts[term + 1] ?? 0) - (starts[term] ?? 0)

  const longestNear = (text: HashedText, start: number, end: number, hash: number): number => {
    let longest = 0
    for (let slot = first(table, hash); table[slot] !== 0; slot = next(table, slot)) {
      const term = termAt(table, slot, hash)
      if (term < 0 || editable[term] === 0 || lengthOf(term) <= longest) continue
      const from = starts[term] ?? 0
      if (isOneEdit(all, from, from + lengthOf(term), text.text, start, end)) longest = lengthOf(term)
    }
    return longest
  }
  return {
    exact(text, start, end) {
      if (!mayEqual(text, start, end, bit(end - start))) return -1
      const hash = hashOf(text, start, end)
      for (let slot = first(table, hash); table[slot] !== 0; slot = next(table, slot)) {
        const term = termAt(table, slot, hash)
        if (term < 0 || lengthOf(term) !== end - start) continue
        if (equalUnits(all, starts[term] ?? 0, text.text, start, end - start)) return term
      }
      return -1
    },
    near(text, start, end) {
      if (!mayBeNear(text, start, end)) return 0
      let longest = longestNear(text, start, end, hashOf(text, start, end))
      for (let skip = start; skip < end; skip++) {
        if (skip > start && sameUnit(text.text, skip)) continue
        longest = Math.max(longest, longestNear(text, start, end, hashWithout(text, start, end, skip)))
      }
      return longest
    },
  }
}

/** Throws a RangeError above 1,024 units. */
export function hashText(text: string): HashedText {
  if (text.length > UNITS_MAX) throw new RangeError(`more than ${UNITS_MAX} units`)
  return hashUnits(text)
}

function hashUnits(text: string): HashedText {
  const prefixes = new Int32Array(text.length + 1)
  for (let at = 0; at < text.length; at++) {
    prefixes[at + 1] = (Math.imul(prefixes[at] ?? 0, BASE) + text.charCodeAt(at) + 1) | 0
  }
  return { text, prefixes }
}

const hashOf = (text: HashedText, start: number, end: number): number => mix(window(text, start, end))

/** The hash of the window with the unit at `skip` left out. */
const hashWithout = (text: HashedText, start: number, end: number, skip: number): number =>
  mix((Math.imul(window(text, start, skip), POWERS[end - skip - 1] ?? 0) + window(text, skip + 1, end)) | 0)

const window = ({ prefixes }: HashedText, start: number, end: number): number =>
  ((prefixes[end] ?? 0) - Math.imul(prefixes[start] ?? 0, POWERS[end - start] ?? 0)) | 0

/** Spreads a polynomial hash over all 32 bits (the finisher of MurmurHash3). */
function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}

/**
 * Which lengths the terms have that begin (or end) with given units: one bit a length, by the hash of those units.
 * It says no to most windows of a text before the table is asked.
 */
function gramsOf(joined: Joined, chosen: Uint8Array, units: number, ends = false) {
  const lengths = gramLengths(joined, chosen, units, ends)
  return (text: HashedText, start: number, end: number, wanted: number): boolean => {
    if (end - start < units) return false
    return ((lengths[gramSlot(text, ends ? end - units : start, units)] ?? 0) & wanted) !== 0
  }
}

function gramLengths(
  { text, starts }: Joined,
  chosen: Uint8Array,
  units: number,
  ends: boolean,
): Uint32Array {
  const lengths = new Uint32Array(GRAM_SLOTS)
  eachChosen(starts, chosen, (start, end) => {
    const slot = gramSlot(text, ends ? end - units : start, units)
    lengths[slot] = (lengths[slot] ?? 0) | bit(end - start)
  })
  return lengths
}

const gramSlot = (text: HashedText, at: number, units: number): number =>
  hashOf(text, at, at + units) & (GRAM_SLOTS - 1)

/** One edit spares the first or the last half of a term, so one of them stands in the text as it is. */
function halvesOf(joined: Joined, chosen: Uint8Array) {
  const half = shortest(joined.starts, chosen, 8) >> 1
  const begins = gramsOf(joined, chosen, half)
  const ends = gramsOf(joined, chosen, half, true)
  return (text: HashedText, start: number, end: number): boolean => {
    const wanted = bit(end - start - 1) | bit(end - start) | bit(end - start + 1)
    return begins(text, start, end, wanted) || ends(text, start, end, wanted)
  }
}

function shortest(starts: Uint32Array, chosen: Uint8Array, most: number): number {
  let least = most
  eachChosen(starts, chosen, (start, end) => {
    least = Math.min(least, end - start)
  })
  return least
}

function eachChosen(
  starts: Uint32Array,
  chosen: Uint8Array,
  visit: (start: number, end: number) => void,
): void {
  for (let place = 0; place < chosen.length; place++) {
    if (chosen[place]) visit(starts[place] ?? 0, starts[place + 1] ?? 0)
  }
}

/** Lengths of 31 and more share a bit. */
const bit = (length: number): number => 1 << Math.min(Math.max(length, 0), 31)

function powersOf(base: number, count: number): Int32Array {
  const powers = new Int32Array(count + 1).fill(1)
  for (let at = 1; at <= count; at++) powers[at] = Math.imul(powers[at - 1] ?? 1, base)
  return powers
}

function startsOf(terms: readonly string[]): Uint32Array {
  const starts = new Uint32Array(terms.length + 1)
  terms.forEach((term, place) => {
    starts[place + 1] = (starts[place] ?? 0) + term.length
  })
  return starts
}

/** Open addressing, at most half full; 0 is an empty slot, so places are stored from 1. */
function tableOf({ text, starts }: Joined, editable: Uint8Array): Uint32Array {
  let entries = editable.length
  eachChosen(starts, editable, (start, end) => {
    entries += end - start
  })
  const table = new Uint32Array(2 ** Math.ceil(Math.log2(entries * 2 + 2)))
  const put = (hash: number, place: number): void => {
    let slot = first(table, hash)
    while (table[slot] !== 0) slot = next(table, slot)
    table[slot] = ((hash & 0xffff0000) | (place + 1)) >>> 0
  }
  for (let place = 0; place < editable.length; place++) {
    const start = starts[place] ?? 0
    const end = starts[place + 1] ?? 0
    put(hashOf(text, start, end), place)
    for (let skip = start; editable[place] && skip < end; skip++) {
      if (skip === start || !sameUnit(text.text, skip)) put(hashWithout(text, start, end, skip), place)
    }
  }
  return table
}

/** Leaving out either of two equal neighbours gives the same rest. */
const sameUnit = (text: string, at: number): boolean => text.charCodeAt(at) === text.charCodeAt(at - 1)

const first = (table: Uint32Array, hash: number): number => hash & (table.length - 1)
const next = (table: Uint32Array, slot: number): number => (slot + 1) & (table.length - 1)

/** The place of the term in `slot`, or -1 where the other half of the hash differs. */
function termAt(table: Uint32Array, slot: number, hash: number): number {
  const entry = table[slot] ?? 0
  return entry >>> 16 === hash >>> 16 ? (entry & 0xffff) - 1 : -1
}

function equalUnits(a: string, aStart: number, b: string, bStart: number, length: number): boolean {
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(aStart + at) !== b.charCodeAt(bStart + at)) return false
  }
  return true
}

/** Whether the two windows differ by exactly one insertion, deletion or replacement. */
function isOneEdit(
  a: string,
  aStart: number,
  aEnd: number,
  b: string,
  bStart: number,
  bEnd: number,
): boolean {
  const longer = aEnd - aStart - (bEnd - bStart)
  if (longer < -1 || longer > 1) return false
  let same = 0
  while (aStart + same < aEnd && bStart + same < bEnd) {
    if (a.charCodeAt(aStart + same) !== b.charCodeAt(bStart + same)) break
    same++
  }
  const aRest = aStart + same + (longer >= 0 ? 1 : 0)
  const bRest = bStart + same + (longer <= 0 ? 1 : 0)
  return aEnd - aRest === bEnd - bRest && aRest <= aEnd && equalUnits(a, aRest, b, bRest, aEnd - aRest)
}
