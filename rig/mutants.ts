// Small faults, one at a time, for a source file: what the tests must notice (security.md, how to test it, 10).
import { childrenOf, isNode, lineOf, type Node, type Source, textOf } from './source.ts'

export type Mutant = {
  readonly path: string
  readonly line: number
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
}

export const mutantsOf = (source: Source): Mutant[] => {
  const seen = new Set<string>()
  return expressionsOf(source.program).flatMap(node =>
    faultsIn(node, source).flatMap(([at, after]) => {
      const key = `${at.start} ${at.end} ${after}`
      const before = source.text.slice(at.start, at.end)
      if (seen.has(key) || before === after) return []
      seen.add(key)
      return [{ path: source.path, line: lineOf(source, node), start: at.start, end: at.end, before, after }]
    }),
  )
}

export const mutated = (text: string, { start, end, after }: Mutant): string =>
  text.slice(0, start) + after + text.slice(end)

/** Types say nothing at run time, imports name no behaviour, and nobody tests the words of an error. */
const PASSED_OVER =
  /^(TS(?!AsExpression|SatisfiesExpression)\w+|Import\w+|Export(Named|All)Declaration|ThrowStatement)$/

const expressionsOf = (node: Node): Node[] =>
  PASSED_OVER.test(node.type) && !isNode(node['declaration'])
    ? []
    : [node, ...childrenOf(node).flatMap(expressionsOf)]

type Place = { readonly start: number; readonly end: number }
type Fault = readonly [place: Place, after: string]

function faultsIn(node: Node, source: Source): Fault[] {
  const text = (value: unknown): string => (isNode(value) ? textOf(source, value) : '')
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return (OTHER_OPERATORS[String(node['operator'])] ?? []).map(operator => [
        node,
        `(${text(node['left'])} ${operator} ${text(node['right'])})`,
      ])
    case 'UnaryExpression':
      return ['!', '-'].includes(String(node['operator'])) ? [[node, text(node['argument'])]] : []
    case 'Literal':
      return literals(node['value']).map(other => [node, other])
    case 'Property':
      return isNode(node['value']) && isNode(node['key']) ? wordFaults(node['value']) : []
    case 'IfStatement':
    case 'ConditionalExpression':
      return isNode(node['test']) ? [[node['test'], 'true'] as const, [node['test'], 'false'] as const] : []
    case 'ArrayExpression':
      return text(node) === '[]' ? [] : [[node, '[]']]
    case 'ExpressionStatement':
      return [[node, '']]
    case 'CallExpression':
      return callFaults(node, text)
    default:
      return []
  }
}

const OTHER_OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '**': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
}

function literals(value: unknown): string[] {
  if (typeof value === 'number') return [String(value + 1), `(${value - 1})`]
  return typeof value === 'boolean' ? [String(!value)] : []
}

/** A word that is handed on: the name of a phase, of a reason, of a record. */
const wordFaults = (value: Node): Fault[] =>
  value.type === 'Literal' && typeof value['value'] === 'string' ? [[value, "'other'"]] : []

const OTHER_METHODS = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
])
const YES_OR_NO = /^(some|every|includes|has|test|startsWith|endsWith)$/
/** Without these the value stays of the same kind. */
const LEFT_OUT = /^(filter|sort|toSorted|toLowerCase|trim|slice|subarray|replace|update)$/

function callFaults(node: Node, text: (value: unknown) => string): Fault[] {
  const { callee } = node
  if (!isNode(callee) || callee.type !== 'MemberExpression' || !isNode(callee['property'])) return []
  const name = String(callee['property']['name'])
  const other = OTHER_METHODS.get(name)
  return [
    ...(other ? [[callee['property'], other] as const] : []),
    ...(YES_OR_NO.test(name) ? [[node, `!${text(node)}`] as const] : []),
    ...(LEFT_OUT.test(name) ? [[node, text(callee['object'])] as const] : []),
  ]
}
