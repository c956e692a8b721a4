import type { FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

const FIELDS_MAX = 30

/** A posted form, or a query: each field once, as text (WEB-15). Made without a prototype (WEB-14). */
export function parseFields(text: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null)
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1
    if (count > FIELDS_MAX || name in fields)
      throw new AppError('invalid-input', 'A field was given twice, or there are too many.')
    fields[name] = value
  }
  return fields
}

/** Stands for a query that breaks the rules. The router's parser must not throw: that would end the process. */
const BAD_QUERY: Readonly<Record<string, string>> = Object.freeze({})

export function parseQuery(text: string): Readonly<Record<string, string>> {
  try {
    return { ...parseFields(text) }
  } catch {
    return BAD_QUERY
  }
}

export function checkQuery({ query }: FastifyRequest): void {
  if (query === BAD_QUERY)
    throw new AppError('invalid-input', 'A parameter was given twice, or there are too many.')
}
