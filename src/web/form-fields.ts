import type { FastifyRequest } from 'fastify'

/** The fields of a posted form; `server.ts` parsed them, each once, and checked `form_token`. */
export const fieldsOf = (request: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  (request.body ?? {}) as Readonly<Record<string, string | undefined>>
