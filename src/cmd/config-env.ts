import { z } from 'zod'

/** Names that begin like ours and are no keys of the deployment file. */
const OTHERS = ['POSTERN_CONFIG']

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Lays the environment over a document: POSTERN_ and the path of the key in capitals, joined by _, such as
 * POSTERN_PUBLIC_URL, POSTERN_MAIL_HOST, POSTERN_DIRECTORIES_0_BASE. Lists are separated by commas or, where a value holds
 * commas itself, by line ends. An empty value counts as none. Secrets come from the keys that end in _FILE.
 */
export function withEnvironment(
  schema: z.ZodType,
  document: unknown,
  env: Environment,
  at = 'POSTERN',
): unknown {
  const kind = bare(schema)
  if (kind instanceof z.ZodObject) return withFields(kind, document, env, at)
  if (kind instanceof z.ZodArray && bare(kind.element) instanceof z.ZodObject) {
    return withItems(kind.element, document, env, at)
  }
  const value = env[at]
  if (value === undefined || value === '') return document
  if (kind instanceof z.ZodArray) return splitList(value)
  return kind instanceof z.ZodNumber && /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : value
}

function withFields(schema: z.ZodObject, document: unknown, env: Environment, at: string): unknown {
  const own = isRecord(document) ? document : {}
  const overlaid = Object.entries(schema.shape).flatMap(([key, field]) => {
    const value = withEnvironment(field as z.ZodType, own[key], env, `${at}_${key.toUpperCase()}`)
    return value === undefined || value === own[key] ? [] : [[key, value] as const]
  })
  if (overlaid.length === 0) return document
  return { ...own, ...Object.fromEntries(overlaid) }
}

function withItems(element: z.core.$ZodType, document: unknown, env: Environment, at: string): unknown {
  const own = Array.isArray(document) ? document : []
  const numbers = Object.keys(env).map(name => Number(new RegExp(`^${at}_(\\d{1,2})_`).exec(name)?.[1] ?? -1))
  const length = Math.max(own.length, ...numbers.map(number => number + 1))
  if (length === 0) return document
  return Array.from({ length }, (_, index) =>
    withEnvironment(element as z.ZodType, own[index] ?? {}, env, `${at}_${index}`),
  )
}

/** Every name that `withEnvironment` reads; the number of a list item is written as 0. */
export function environmentNames(schema: z.ZodType, at = 'POSTERN'): string[] {
  const kind = bare(schema)
  if (kind instanceof z.ZodObject) {
    return Object.entries(kind.shape).flatMap(([key, field]) =>
      environmentNames(field as z.ZodType, `${at}_${key.toUpperCase()}`),
    )
  }
  const isListOfObjects = kind instanceof z.ZodArray && bare(kind.element) instanceof z.ZodObject
  return isListOfObjects ? environmentNames(kind.element as z.ZodType, `${at}_0`) : [at]
}

/** Names in the environment that look like keys of the deployment file and are none: most likely a slip of the pen. */
export function unknownNames(schema: z.ZodType, env: Environment): string[] {
  const known = new Set([...environmentNames(schema), ...OTHERS])
  return Object.keys(env)
    .filter(
      name =>
        name.startsWith('POSTERN_') &&
        !known.has(name.replace(/^(POSTERN_(?:DIRECTORIES|APPLICATIONS)_)\d+/, '$10')),
    )
    .sort()
}

const splitList = (value: string): string[] =>
  value
    .split(value.includes('\n') ? '\n' : ',')
    .map(item => item.trim())
    .filter(item => item !== '')

/** The kind beneath "optional" and the like. */
const bare = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? bare(schema.unwrap()) : schema

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
