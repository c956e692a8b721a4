import type { FastifyReply, FastifyRequest } from 'fastify'
import { checkReturn } from '../actions/return-address.ts'
import { minutes } from '../lib/clock.ts'
import { isListed } from '../return-address.ts'
import { callerOf, queryOf } from './context.ts'
import type { Portal } from './portal.ts'
import { readCookie, writeCookie } from './session.ts'

/** As long as a sign-in lives at most. */
const KEEP_MINUTES = 60

/** Where a person came from, and the page that they were sent to. */
export type ReturnAddress = {
  readonly app: string
  readonly returnTo: string
  readonly page: 'setup' | 'list'
}

/** `none`: the address asks for nothing. Whoever names any part of a return address must have all of it right. */
export async function takeReturn(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  page: ReturnAddress['page'],
): Promise<'none' | 'taken' | 'refused'> {
  const { return_to: returnTo, app = '', expires = '', signature = '' } = queryOf(request)
  if (returnTo === undefined && app === '' && signature === '') return 'none'
  const asked = { app, returnTo: returnTo ?? '', expires, signature }
  if (await checkReturn(portal.world, asked, callerOf(portal, request, true))) return 'refused'
  const kept = { app, returnTo, page, until: portal.world.clock.now() + minutes(KEEP_MINUTES) }
  // Ours from here on: what the browser brings back counts only under our own signature.
  writeCookie(
    portal,
    reply,
    'application',
    portal.world.keys.sign(PURPOSE, JSON.stringify(kept)),
    KEEP_MINUTES * 60,
  )
  return 'taken'
}

const PURPOSE = 'return address'

/** Where this browser may be led back to; null: nowhere. */
export function returnAddressOf(portal: Portal, request: FastifyRequest): ReturnAddress | null {
  const { keys, applications, clock } = portal.world
  const signed = readCookie(portal, request, 'application')
  const text = signed === null || signed.length > 4_096 ? null : keys.verify(PURPOSE, signed)
  if (text === null) return null
  // as: only our own signature gets here, so it is what takeReturn wrote.
  const { app, returnTo, page, until } = JSON.parse(text) as ReturnAddress & { readonly until: number }
  return clock.now() < until && isListed(applications, app, returnTo) ? { app, returnTo, page } : null
}
