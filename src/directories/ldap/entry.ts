/** One entry as the server gave it. Attribute names in small letters; every value as its bytes. */
export type Entry = { readonly dn: string; readonly values: ReadonlyMap<string, readonly Buffer[]> }

export const bytesOf = (entry: Entry, name: string): readonly Buffer[] =>
  entry.values.get(name.toLowerCase()) ?? []

export const textsOf = (entry: Entry, name: string): readonly string[] =>
  bytesOf(entry, name).map(value => value.toString('utf8'))

export const textOf = (entry: Entry, name: string): string | null => textsOf(entry, name)[0] ?? null

/** Null: absent, or no whole number that a double holds exactly. */
export function numberOf(entry: Entry, name: string): number | null {
  const text = textOf(entry, name)
  const value = text !== null && /^-?\d+$/.test(text) ? Number(text) : null
  return Number.isSafeInteger(value) ? value : null
}

/** 64 bits, as dates of Active Directory are. */
export function bigOf(entry: Entry, name: string): bigint | null {
  const text = textOf(entry, name)
  return text !== null && /^-?\d{1,20}$/.test(text) ? BigInt(text) : null
}

export const isTrue = (entry: Entry, name: string): boolean => textOf(entry, name)?.toUpperCase() === 'TRUE'

/** Every text of several attributes, in their order, each once. */
export const textsOfAll = (entry: Entry, names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap(name => textsOf(entry, name)).filter(value => value.trim() !== '')),
]
