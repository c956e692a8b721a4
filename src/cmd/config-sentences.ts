import type { z } from 'zod'
import { EXPECTED } from './config-schema.ts'

/** A sentence for each thing that the schema found wrong; `at` is where in the file the schema stood. */
export function sentencesFor(error: z.ZodError, at: readonly (string | number)[]): string[] {
  return error.issues.flatMap(issue => {
    const path = [...at, ...issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))]
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey([...path, key]))
    return [issue.input === undefined ? missingKey(path) : malformedKey(path)]
  })
}

export const missingKey = (path: readonly (string | number)[]): string => {
  const expected = EXPECTED[general(path)]
  return `${spellKey(path)} is missing${expected ? `: ${expected}` : ''}.`
}

export const malformedKey = (path: readonly (string | number)[]): string => {
  const expected = EXPECTED[general(path)]
  return `${spellKey(path)} is not what is expected there${expected ? `: ${expected}` : ''}.`
}

const unknownKey = (path: readonly (string | number)[]): string =>
  `${spellKey(path)} is not a key that Postern knows.`

/** mail.host, directories[0].base */
export const spellKey = (path: readonly (string | number)[]): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i > 0 ? `.${step}` : step)).join('')

/** The one directory of an agent has the keys of those of a server. */
const general = (path: readonly (string | number)[]): string =>
  path
    .filter(step => typeof step === 'string')
    .join('.')
    .replace(/^directory\b/, 'directories')
