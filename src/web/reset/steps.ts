import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket } from '../../actions/load.ts'
import { AppError } from '../../errors.ts'
import { seconds } from '../../lib/clock.ts'
import type { Answer } from '../../method.ts'
import type { FormProblem } from '../forms.tsx'
import type { Portal } from '../portal.ts'
import { ticketOf } from '../session.ts'

export const seeOther = (reply: FastifyReply, to: string): FastifyReply => reply.redirect(to, 303)

/** No cookie, no reset: as `not-found` as a foreign one. */
export function requireTicket(portal: Portal, request: FastifyRequest): Ticket {
  const ticket = ticketOf(portal, request)
  if (!ticket) throw new AppError('not-found', 'There is no such reset.')
  return ticket
}

/** What the same page can say itself; anything else is a page of its own. */
export function problemIn(
  portal: Portal,
  error: unknown,
  whenMalformed: 'login_malformed' | 'invalid_input',
): FormProblem {
  if (!(error instanceof AppError)) throw error
  switch (error.code) {
    case 'too-many':
      return { kind: 'too_many', until: portal.world.clock.now() + seconds(error.retryAfterSeconds ?? 60) }
    case 'bot-check-failed':
      return { kind: 'bot_check_failed' }
    case 'invalid-input':
      return { kind: whenMalformed }
    case 'wrong-step':
      return { kind: 'wrong_step' }
    default:
      throw error
  }
}

/** What a page says of an answer that proved nothing. */
export const wrongBy = ({ kind }: Answer): 'answer_wrong' | 'answers_wrong' | 'passkey_wrong' =>
  kind === 'code' ? 'answer_wrong' : kind === 'questions' ? 'answers_wrong' : 'passkey_wrong'

/** The status of a page that is shown again, by what is wrong with it. */
export const statusOf = ({ kind }: FormProblem): number =>
  kind === 'too_many'
    ? 429
    : kind === 'wrong_step'
      ? 409
      : [
            'answer_wrong',
            'answers_wrong',
            'answers_weak',
            'passkey_wrong',
            'refused',
            'change_refused',
            'sign_in_wrong',
            'pass_wrong',
            'old_wrong',
            'passwords_differ',
          ].includes(kind)
        ? 422
        : 400
