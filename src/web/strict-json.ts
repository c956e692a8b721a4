import { AppError } from '../errors.ts'

const DEPTH_MAX = 8
const KEYS_MAX = 200

/**
 * JSON as the API takes it: an object, no key twice, no `__proto__` or `constructor`, not deep (WEB-14, WEB-15,
 * DOS-02). JSON.parse keeps the last of two equal keys in silence, so they are looked for in the text.
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown
  try {
    assertShape(text)
    value = JSON.parse(text)
  } catch (cause) {
    throw cause instanceof AppError ? cause : malformed()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed()
  return value
}

const malformed = (): AppError =>
  new AppError('invalid-input', 'The body is not the JSON that is expected here.')

/** Strings with their quotes, and the four brackets; everything else is left to JSON.parse. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs

function assertShape(text: string): void {
  const open: (Set<string> | null)[] = []
  let keys = 0
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : null) > DEPTH_MAX) throw malformed()
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (isKey(text, index + token.length)) {
      keys += 1
      addKey(open.at(-1), token)
      if (keys > KEYS_MAX) throw malformed()
    }
  }
}

const isKey = (text: string, end: number): boolean => /^\s*:/.test(text.slice(end, end + 64))

function addKey(names: Set<string> | null | undefined, token: string): void {
  const name: unknown = JSON.parse(token)
  if (!names || typeof name !== 'string' || names.has(name)) throw malformed()
  if (name === '__proto__' || name === 'constructor' || name === 'prototype') throw malformed()
  names.add(name)
}
