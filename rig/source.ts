// Reads our own source for the tidy test: files, their rooms, what they import, and their syntax trees.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A node of the syntax tree (ESTree and its TypeScript part), as far as it is looked at here. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<
  Record<string, unknown>
>

export type Import = {
  readonly specifier: string
  /** A path from the root of the project; null for a package and for what Node has built in. */
  readonly path: string | null
  readonly typesOnly: boolean
}

export type Source = {
  /** From the root of the project, with slashes. */
  readonly path: string
  readonly isTest: boolean
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly program: Node
}

/** Every .ts and .tsx file under `folders` that git knows or would take. */
export function readSources(...folders: readonly string[]): Source[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders]
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
  return [...new Set(listed)]
    .filter(path => /\.tsx?$/.test(path) && existsSync(join(root, path)))
    .map(path => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

export function parseSource(path: string, text: string): Source {
  // as: the parser's types name every node; the rules below look at a few
  const program = parseAst(text, { lang: extname(path) === '.tsx' ? 'tsx' : 'ts' }) as unknown as Node
  const isTest = /\.(test|faults|long)\.tsx?$/.test(path)
  return {
    path,
    isTest,
    text,
    lines: text.split('\n').length - 1,
    imports: importsOf(path, program),
    program,
  }
}

/** Neither a test nor the suite that a port's implementations share. */
export const isProduct = ({ path, isTest }: Source): boolean =>
  !isTest && !basename(path).startsWith('conformance')

const IMPORTS = /^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/

const importsOf = (path: string, program: Node): Import[] =>
  nodesOf(program)
    .filter(node => IMPORTS.test(node.type))
    .flatMap(node => {
      const specifier = isNode(node['source']) ? node['source']['value'] : null
      if (typeof specifier !== 'string') return []
      const target = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : null
      return [{ specifier, path: target, typesOnly: importsTypesOnly(node) }]
    })

function importsTypesOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type')
    return true
  const { specifiers } = node
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false
  return specifiers.every(each => each.importKind === 'type' || each.exportKind === 'type')
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Every node below and including this one, in the order of the text. */
export function nodesOf(node: Node): Node[] {
  return [node, ...childrenOf(node).flatMap(nodesOf)]
}

export const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

export const isFunction = (node: Node): boolean =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)

export const textOf = (source: Source, node: Node): string => source.text.slice(node.start, node.end)

export const lineOf = (source: Source, node: Node): number =>
  source.text.slice(0, node.start).split('\n').length

export const linesOf = (source: Source, node: Node): number => textOf(source, node).split('\n').length

/** `Date.now`, `it.skip`: an object and a property that are both plain names. */
export const memberName = (node: Node): string | null => {
  const { object, property } = node
  if (node.type !== 'MemberExpression' || !isNode(object) || !isNode(property)) return null
  return `${String(object['name'] ?? '')}.${String(property['name'] ?? '')}`
}
