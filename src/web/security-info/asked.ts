import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket } from '../../actions/load.ts'
import { limitOf, type Session } from '../../session.ts'
import { pageContext } from '../context.ts'
import type { Portal } from '../portal.ts'
import { withFinishedSignIn } from '../sign-in/gate.ts'

/** A request of somebody who is signed in to the end. */
export type Asked = {
  readonly portal: Portal
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly ticket: Ticket
  readonly session: Session
}
export type Show = (asked: Asked) => Promise<FastifyReply>

export const signedIn = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  show: Show,
): Promise<FastifyReply> =>
  withFinishedSignIn(portal, request, reply, (ticket, session) =>
    show({ portal, request, reply, ticket, session }),
  )

export const contextOf = ({ portal, request, reply, session }: Asked) =>
  pageContext(portal, request, reply, {
    reference: session.reference,
    isShared: session.shared,
    signIn: limitOf(session, portal.world.clock.now()),
  })
