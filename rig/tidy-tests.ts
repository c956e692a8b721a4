// Rules of the tidy test about tests themselves. One line per fault.
import { isFunction, isNode, isProduct, lineOf, type Node, nodesOf, type Source, textOf } from './source.ts'

const PUT_OFF = /^(skip|only|todo|skipIf|runIf|fails|concurrent\.skip)$/

export const skippedTests = (sources: readonly Source[]): string[] =>
  sources
    .filter(source => !isProduct(source))
    .flatMap(source =>
      nodesOf(source.program)
        .filter(node => node.type === 'MemberExpression' && isNode(node['property']))
        .filter(node => isNode(node['property']) && PUT_OFF.test(String(node['property']['name'])))
        .filter(node => /^(test|it|describe|context|ctx)\b/.test(textOf(source, node)))
        .map(node => `${source.path}:${lineOf(source, node)} ${textOf(source, node)}`),
    )

const ASSERTS = /\b(expect|assert)\w*\s*[.(]/

/** An assertion stands in the test, or in a function of the same file that the test calls, however deep. */
export const assertionFaults = (sources: readonly Source[]): string[] =>
  sources
    .filter(source => !isProduct(source))
    .flatMap(source => {
      const asserting = assertingFunctions(source)
      return nodesOf(source.program)
        .filter(isTestCall)
        .filter(node => !asserts(textOf(source, node), asserting))
        .map(node => `${source.path}:${lineOf(source, node)} a test without an assertion`)
    })

const asserts = (text: string, functions: ReadonlySet<string>): boolean =>
  ASSERTS.test(text) || [...functions].some(name => new RegExp(`\\b${name}\\b`).test(text))

/** `test(…)`, `it(…)`, `test.each(…)(…)`: a call whose last argument is a function. */
function isTestCall(node: Node): boolean {
  const { callee, arguments: given } = node
  if (node.type !== 'CallExpression' || !isNode(callee) || !Array.isArray(given)) return false
  if (!given.some(argument => isNode(argument) && isFunction(argument))) return false
  const name = (each: Node): unknown => {
    const inner = each['object'] ?? each['callee']
    return isNode(inner) ? name(inner) : each['name']
  }
  return ['test', 'it'].includes(String(name(callee)))
}

function assertingFunctions(source: Source): ReadonlySet<string> {
  const named = nodesOf(source.program).flatMap(node => {
    const id = node['id']
    const isNamed = isNode(id) && typeof id['name'] === 'string'
    const body =
      node.type === 'FunctionDeclaration' ? node : node.type === 'VariableDeclarator' ? node['init'] : null
    return isNamed && isNode(body) && isFunction(body)
      ? [{ name: String(id['name']), text: textOf(source, body) }]
      : []
  })
  const asserting = new Set<string>()
  for (let before = -1; before !== asserting.size; ) {
    before = asserting.size
    for (const { name, text } of named) if (asserts(text, asserting)) asserting.add(name)
  }
  return asserting
}
