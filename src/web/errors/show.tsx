import type { FastifyReply, FastifyRequest } from 'fastify'
import { seconds } from '../../lib/clock.ts'
import { pageContext } from '../context.ts'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { type Problem, type ProblemType, sendProblem } from '../problem.ts'
import { ticketOf } from '../session.ts'
import { ProblemPage, type ProblemPageKind } from './pages.tsx'

const PAGES: Readonly<Record<ProblemType, ProblemPageKind>> = {
  'invalid-input': 'invalid_input',
  'bot-check-failed': 'bot_check_failed',
  'not-found': 'not_found',
  'wrong-step': 'wrong_step',
  'answer-wrong': 'wrong_step',
  'password-refused': 'wrong_step',
  'too-large': 'too_large',
  'too-many': 'too_many',
  'not-now': 'not_now',
  internal: 'internal',
}

/** A problem for people. Where even the page cannot be made (the store is down), the document is all there is. */
export async function showProblem(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  told: Problem,
): Promise<FastifyReply> {
  try {
    const page = await pageContext(portal, request, reply)
    const until = page.now + seconds(told.retryAfterSeconds ?? 60)
    const props = { page, kind: PAGES[told.type], until, hasReset: ticketOf(portal, request) !== null }
    if (told.retryAfterSeconds !== undefined) reply.header('retry-after', String(told.retryAfterSeconds))
    return reply
      .code(told.status)
      .type('text/html; charset=utf-8')
      .serializer(String)
      .send(renderPage(<ProblemPage {...props} />))
  } catch {
    return sendProblem(reply, told)
  }
}
