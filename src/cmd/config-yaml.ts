import { readFileSync, statSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'

const FILE_BYTES_MAX = 1_000_000

export type ReadYaml =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly mistakes: readonly string[] }

/** `what` the operator calls the file. Throws nothing: what is wrong is a sentence. */
export function readYaml(path: string, what: string): ReadYaml {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) return { ok: false, mistakes: [`${path} is larger than 1 MB.`] }
    const lineCounter = new LineCounter()
    const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter, uniqueKeys: true })
    const mistakes = document.errors.map(error => {
      const line = lineCounter.linePos(error.pos[0]).line
      return `${path}, line ${line}: this is not YAML (${error.code.toLowerCase().replaceAll('_', ' ')}).`
    })
    return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: document.toJS() ?? {} }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'malformed'
    return { ok: false, mistakes: [`The ${what} ${path} cannot be read (${code}).`] }
  }
}
