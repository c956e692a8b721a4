import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { availability } from '../../actions/availability.ts'
import { beginOidc, finishOidc, UNDERWAY_MS } from '../../actions/sign-in-oidc.ts'
import { AppError } from '../../errors.ts'
import { CALLBACK_PATH } from '../../identity-provider.ts'
import { callerOf, isSharedNetwork, localeOf, pageContext, queryOf, settingsOf } from '../context.ts'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { sendPage, showClosed } from '../reset/show.tsx'
import { problemIn, seeOther } from '../reset/steps.ts'
import { clearCookies, readCookie, rememberAccount, writeCookie } from '../session.ts'
import { keepSignIn } from '../sign-in-cookie.ts'
import { afterSignIn } from './after.ts'
import { OidcPage } from './oidc-page.tsx'
import { showSignIn } from './show.tsx'

/** Sign-in at the organisation's identity provider: away to it, and back. */
export function oidcRoutes(app: FastifyInstance, portal: Portal): void {
  // HEAD would leave a cookie, and use one up: there is none of it here (WEB-02).
  app.get('/sign-in/oidc', { exposeHeadRoute: false }, async (request, reply) =>
    begin(portal, request, reply),
  )
  app.get(CALLBACK_PATH, { exposeHeadRoute: false }, async (request, reply) => finish(portal, request, reply))
}

async function begin(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { world } = portal
  const open = await availability(world)
  if (open.state !== 'open') return showClosed(portal, request, reply, open)
  const settings = await settingsOf(portal)
  const begun = await beginOidc(world, {
    locale: localeOf(portal, request, settings),
    shared: queryOf(request)['shared'] === 'yes' || isSharedNetwork(portal, request, settings),
  })
  if (!begun) return showFailed(portal, request, reply, 'down')
  writeCookie(portal, reply, 'oidc', begun.kept, UNDERWAY_MS / 1_000)
  return seeOther(reply, begun.address)
}

async function finish(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  // Nobody comes back with less; what is only looked at changes nothing.
  if (queryOf(request)['state'] === undefined) return seeOther(reply, '/sign-in')
  const kept = readCookie(portal, request, 'oidc')
  clearCookies(portal, reply, 'oidc')
  try {
    const callback = new URL(request.url, portal.publicUrl)
    const signed = await finishOidc(portal.world, callback, kept, callerOf(portal, request, true))
    if (signed.said === 'later')
      return await showSignIn(portal, request, reply, { login: '', ...signed, closedUntil: signed.until })
    if (signed.said !== 'in') return await showFailed(portal, request, reply, signed.said, signed.reference)
    const { session, token } = signed
    await keepSignIn(portal, request, reply, { id: session.id, token })
    if (session.shared) writeCookie(portal, reply, 'shared', 'yes')
    else if (session.entered) rememberAccount(portal, request, reply, session.subject)
    const ticket = { id: session.id, token }
    return seeOther(reply, session.entered ? await afterSignIn(portal, request, ticket) : '/sign-in/step')
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-now') return showClosed(portal, request, reply)
    if (error instanceof AppError && error.code === 'not-found') throw error
    return showSignIn(portal, request, reply, {
      login: '',
      problem: problemIn(portal, error, 'invalid_input'),
    })
  }
}

async function showFailed(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  why: 'unused' | 'down',
  reference?: string,
): Promise<FastifyReply> {
  const page = await pageContext(portal, request, reply, reference === undefined ? {} : { reference })
  const hasPassword = portal.world.identity?.only !== true
  if (why === 'down') reply.header('retry-after', '60')
  const tree = <OidcPage page={page} why={why} hasPassword={hasPassword} />
  return sendPage(reply, why === 'down' ? 503 : 403, renderPage(tree))
}
