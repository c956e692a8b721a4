import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AppError, type ErrorCode } from '../errors.ts'

/** The closed list of `design/api.md`. The two 422s are answers of the reset, not errors; the API adds the Reset to them. */
export type ProblemType = ErrorCode | 'answer-wrong' | 'password-refused'

const STATUS: Readonly<Record<ProblemType, number>> = {
  'invalid-input': 400,
  'bot-check-failed': 400,
  'not-found': 404,
  'wrong-step': 409,
  'answer-wrong': 422,
  'password-refused': 422,
  'too-large': 413,
  'too-many': 429,
  'not-now': 503,
  internal: 500,
}

/** One fixed text for each type: no document tells anybody's state (RFC 9457 section 5, ENU-10). */
const TITLE: Readonly<Record<ProblemType, string>> = {
  'invalid-input': 'The request is not well formed.',
  'bot-check-failed': 'The bot check was not passed.',
  'not-found': 'There is no such thing here.',
  'wrong-step': 'That step is not open now.',
  'answer-wrong': 'The answer is not right.',
  'password-refused': 'The password was not accepted.',
  'too-large': 'The request is too large.',
  'too-many': 'Too many requests. Please wait.',
  'not-now': 'This is not possible now.',
  internal: 'Something went wrong here.',
}

export type Problem = {
  readonly type: ProblemType
  readonly status: number
  readonly title: string
  readonly retryAfterSeconds?: number
}

/** The only place that turns an error into an answer; what it does not know becomes `internal` (style 19). */
export function problemOf(error: unknown): Problem {
  if (error instanceof AppError) {
    const { code, retryAfterSeconds } = error
    return { ...problem(code), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
  }
  if (hasZodFastifySchemaValidationErrors(error)) return problem('invalid-input')
  const status = (error as Partial<FastifyError> | null)?.statusCode ?? 500
  if (status === 413) return problem('too-large')
  if (status === 404) return problem('not-found')
  if (status === 503) return problem('not-now')
  return status >= 400 && status < 500 ? { ...problem('invalid-input'), status } : problem('internal')
}

export const problem = (type: ProblemType): Problem => ({ type, status: STATUS[type], title: TITLE[type] })

/** RFC 9457, with nothing in it but type, title and status; `more` is the Reset of a 422. */
export function sendProblem(
  reply: FastifyReply,
  told: Problem,
  more: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  if (told.retryAfterSeconds !== undefined) reply.header('retry-after', String(told.retryAfterSeconds))
  return reply
    .code(told.status)
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ type: `urn:postern:problem:${told.type}`, title: told.title, status: told.status, ...more })
}

/** What is unexpected is logged whole, for us alone. */
export function logUnexpected(request: FastifyRequest, told: Problem, error: unknown): void {
  if (told.status >= 500)
    request.server.postern.world.log.error('a request failed', {
      route: request.routeOptions.url,
      problem: told.type,
      cause: error,
    })
}
