import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket } from '../actions/load.ts'
import { signOut } from '../actions/sign-in.ts'
import { AppError } from '../errors.ts'
import type { Portal } from './portal.ts'
import { keepTicket, ticketOf } from './session.ts'

/** A new sign-in takes the place of what this browser had, whoever holds a copy of that (ASVS 7.2.4). */
export async function keepSignIn(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  ticket: Ticket,
): Promise<void> {
  await endSignIn(portal, request, 'replaced')
  keepTicket(portal, reply, ticket, 'session')
}

/** Ends the sign-in of this browser, if there is one. */
export async function endSignIn(
  portal: Portal,
  request: FastifyRequest,
  how: Parameters<typeof signOut>[2],
): Promise<void> {
  const ticket = ticketOf(portal, request, 'session')
  if (ticket) await signOut(portal.world, ticket, how).catch(ignoreGone)
}

/** A sign-in that ended long ago is no reason not to sign out. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'not-found')) throw error
}
