import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isOnRecord, noteRefusal } from '../actions/refusals.ts'
import { dress } from './guards.ts'
import type { Portal } from './portal.ts'
import { type Problem, problem, problemOf, sendProblem } from './problem.ts'

/** What is refused before any action sees it: answered in the same voice as everything else, and put on record. */

/** Malformed and refused attempts are recorded too (AUD-08); an answer never waits or fails for it. */
export async function noteAtBorder(
  { world }: Portal,
  source: string,
  told: Problem,
  error: unknown,
): Promise<void> {
  if (told.status >= 500 || isOnRecord(error)) return
  await noteRefusal(world, source, {
    name: 'reset.malformed',
    reason: told.type,
    detail: { status: told.status },
  }).catch((cause: unknown) => world.log.error('a refused request could not be recorded', { cause }))
}

/** An address that cannot be decoded, or is too long, comes past every hook. */
export const answerBadAddress =
  (portal: Portal) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const told = problemOf(error)
    void noteAtBorder(portal, request.ip, told, error)
    dress(portal, reply)
    sendProblem(reply, told)
  }

const FRAMING: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** What is no HTTP is told so, and the connection ends: nothing after it can be trusted (WEB-18). */
export const answerBadFraming =
  (portal: Portal) =>
  (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const told = { ...problem('invalid-input'), status: FRAMING[error.code ?? ''] ?? 400 }
    void noteAtBorder(portal, socket.remoteAddress ?? '', told, error)
    const body = JSON.stringify({
      type: `urn:postern:problem:${told.type}`,
      title: told.title,
      status: told.status,
    })
    const head = [
      `HTTP/1.1 ${told.status} ${STATUS_CODES[told.status]}`,
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'connection: close',
    ]
    if (socket.writable) socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  }
