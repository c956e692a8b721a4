import type { FastifyRequest } from 'fastify'
import type { Ticket } from '../../actions/load.ts'
import { readSetup } from '../../actions/setup.ts'
import type { Portal } from '../portal.ts'
import { returnAddressOf } from '../return-cookie.ts'

/** Where a finished sign-in leads: to what the policy misses, to what an application asked for, else to the list. */
export async function afterSignIn(portal: Portal, request: FastifyRequest, ticket: Ticket): Promise<string> {
  const { isDue } = await readSetup(portal.world, ticket)
  const isSent = returnAddressOf(portal, request)?.page === 'setup'
  return isDue || isSent ? '/security-info/setup' : '/security-info'
}
