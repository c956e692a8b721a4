// Rules of the tidy test about what must be reached, and tried by whom. One line per fault.
import { dirname, join } from 'node:path'
import { isNode, isProduct, nodesOf, type Source } from './source.ts'
import { BROWSER_ROOMS, roomOf } from './tidy-arrows.ts'

/** Where programs start. Scripts of the browser and the authenticator are started by pages. */
const isEntry = (path: string): boolean =>
  ['src/cmd/main.ts', 'src/cmd/agent.ts', 'src/demo/main.ts'].includes(path) ||
  (BROWSER_ROOMS.includes(roomOf(path)) && !path.endsWith('.d.ts'))

export function unused(sources: readonly Source[]): string[] {
  const imports = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap(each => each.path ?? [])]),
  )
  const reached = new Set<string>()
  const reach = (path: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    for (const next of imports.get(path) ?? []) reach(next)
  }
  if (!imports.has('src/cmd/main.ts')) return [] // nothing can be said before there is a program
  for (const path of imports.keys()) if (isEntry(path)) reach(path)
  return sources
    .filter(each => isProduct(each) && !reached.has(each.path) && !each.path.endsWith('.d.ts'))
    .map(({ path }) => `${path}: no program reaches it`)
}

const CONFORMING_ROOMS = ['methods', 'directories', 'bot-checks', 'breaches']

/**
 * An implementation is a file directly in its room that no other file of the room imports: what they share, and the
 * parts of one, are tested through those who use them.
 */
export function conformanceFaults(sources: readonly Source[]): string[] {
  const isDirectlyIn = (path: string): boolean =>
    CONFORMING_ROOMS.some(room => dirname(path) === `src/${room}`)
  const parts = new Set(sources.filter(each => !each.isTest).flatMap(partsOf))
  return sources
    .filter(each => isProduct(each) && isDirectlyIn(each.path) && !parts.has(each.path))
    .filter(({ path }) => !sources.some(each => isSuiteOf(path, each) && runsConformance(each)))
    .map(({ path }) => `${path}: no test beside it runs the conformance suite`)
}

/** What a file of a room imports from the same room. */
const partsOf = ({ path, imports }: Source): string[] =>
  imports.flatMap(each => (each.path && dirname(each.path) === dirname(path) ? each.path : []))

/** `ldap.ts` may have `ldap.test.ts`, and `ldap.openldap.test.ts` or `ldap-openldap.test.ts` where one is not enough. */
const isSuiteOf = (path: string, suite: Source): boolean => {
  const stem = path.replace(/\.tsx?$/, '')
  return suite.isTest && (suite.path.startsWith(`${stem}.`) || suite.path.startsWith(`${stem}-`))
}

function runsConformance({ path, imports, program }: Source): boolean {
  const declaration = imports.find(each => each.path?.startsWith(join(dirname(path), 'conformance')))
  if (!declaration) return false
  const names = nodesOf(program)
    .filter(node => node.type === 'ImportDeclaration' && isNode(node['source']))
    .filter(node => isNode(node['source']) && node['source']['value'] === declaration.specifier)
    .flatMap(node => nodesOf(node).filter(each => each.type === 'ImportSpecifier'))
    .map(node => (isNode(node['local']) ? node['local']['name'] : undefined))
  return nodesOf(program).some(
    node =>
      node.type === 'CallExpression' && isNode(node['callee']) && names.includes(node['callee']['name']),
  )
}
