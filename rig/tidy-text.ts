// Rules of the tidy test about how a file reads. One line per fault.
import {
  childrenOf,
  isFunction,
  isNode,
  isProduct,
  lineOf,
  linesOf,
  memberName,
  type Node,
  nodesOf,
  type Source,
  textOf,
} from './source.ts'
import { BROWSER_ROOMS, roomOf } from './tidy-arrows.ts'

export const longFiles = (sources: readonly Source[]): string[] =>
  sources
    .filter(source => source.lines > 300 && !source.isTest)
    .map(source => `${source.path}: ${source.lines} lines`)

/** A migration is one list of statements, written once and never touched again. */
const isMigration = ({ path }: Source): boolean => /^src\/store\/migrations\/\d/.test(path)

export const longFunctions = (sources: readonly Source[]): string[] =>
  sources
    .filter(each => isProduct(each) && !isMigration(each))
    .flatMap(source =>
      nodesOf(source.program)
        .filter(node => isFunction(node) && countedLines(source, node) > 70)
        .map(
          node => `${source.path}:${lineOf(source, node)} a function of ${countedLines(source, node)} lines`,
        ),
    )

/** One returned JSX tree or one table does not count; a table is a list or an object whose functions take one line. */
function countedLines(source: Source, node: Node): number {
  const free = nodesOf(node).filter(
    each => /^JSX(Element|Fragment)$/.test(each.type) || isTable(source, each),
  )
  return linesOf(source, node) - Math.max(0, ...free.map(each => linesOf(source, each) - 1))
}

const isTable = (source: Source, node: Node): boolean =>
  /^(ArrayExpression|ObjectExpression|TemplateLiteral)$/.test(node.type) &&
  !nodesOf(node).some(each => isFunction(each) && linesOf(source, each) > 1)

/** Alone, or as what the file claims to be: `mail-service.ts`. `common-passwords.ts` names what it holds. */
const NAMELESS = /(^|\/)((common|shared|misc)|([\w.]+-)?(utils?|helpers?|managers?|services?))(\/|\.\w)/

export const namelessNames = (sources: readonly Source[]): string[] =>
  sources.filter(({ path }) => NAMELESS.test(path)).map(({ path }) => `${path}: the name says nothing`)

export const barrels = (sources: readonly Source[]): string[] =>
  sources
    .filter(({ program }) => {
      const statements = childrenOf(program)
      const handsOn = (node: Node): boolean => /^Export/.test(node.type) && isNode(node['source'])
      return (
        statements.some(handsOn) &&
        statements.every(node => handsOn(node) || node.type === 'ImportDeclaration')
      )
    })
    .map(source => `${source.path}: only re-exports`)

const CHANCE = new Set(['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'getRandomValues'])

/** A migration may stamp its row; code in a browser has no clock of ours. */
export const chanceAndTimeFaults = (sources: readonly Source[]): string[] =>
  sources
    .filter(source => isProduct(source) && !isMigration(source))
    .filter(source => !['lib', ...BROWSER_ROOMS].includes(roomOf(source.path)))
    .flatMap(source =>
      nodesOf(source.program)
        .filter(readsTimeOrChance)
        .map(node => `${source.path}:${lineOf(source, node)} ${textOf(source, node)}`),
    )

function readsTimeOrChance(node: Node): boolean {
  if (node.type === 'Identifier') return CHANCE.has(String(node['name']))
  if (['Date.now', 'Math.random'].includes(memberName(node) ?? '')) return true
  const { callee, arguments: given } = node
  return isNode(callee) && callee['name'] === 'Date' && Array.isArray(given) && given.length === 0
}
