import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket } from '../../actions/load.ts'
import { readSession } from '../../actions/open-session.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Session } from '../../session.ts'
import type { Portal } from '../portal.ts'
import { showClosed } from '../reset/show.tsx'
import { seeOther } from '../reset/steps.ts'
import { clearCookies, ticketOf } from '../session.ts'

type Work = (ticket: Ticket, session: Session) => Promise<FastifyReply>

/** What only a sign-in opens; without one, or once it has ended, back to the door. */
export async function withSignIn(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  work: Work,
): Promise<FastifyReply> {
  const ticket = ticketOf(portal, request, 'session')
  const session = ticket && (await standing(portal, ticket))
  if (!ticket || !session) return toDoor(portal, reply)
  try {
    return await work(ticket, session)
  } catch (error) {
    if (isA(error, 'not-now')) return showClosed(portal, request, reply)
    if (isA(error, 'not-found') && !(await standing(portal, ticket))) return toDoor(portal, reply)
    throw error
  }
}

/** What lies behind the second step. */
export const withFinishedSignIn = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  work: Work,
): Promise<FastifyReply> =>
  withSignIn(portal, request, reply, async (ticket, session) =>
    session.entered ? work(ticket, session) : seeOther(reply, '/sign-in/step'),
  )

const standing = (portal: Portal, ticket: Ticket): Promise<Session | null> =>
  readSession(portal.world, ticket).catch((error: unknown) => {
    if (isA(error, 'not-found')) return null
    throw error
  })

const isA = (error: unknown, code: ErrorCode): boolean => error instanceof AppError && error.code === code

function toDoor(portal: Portal, reply: FastifyReply): FastifyReply {
  clearCookies(portal, reply, 'session')
  return seeOther(reply, '/sign-in')
}
