import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Instant } from '../../lib/clock.ts'
import { botCheckOf, isSharedNetwork, pageContext } from '../context.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { sendPage } from '../reset/show.tsx'
import { statusOf } from '../reset/steps.ts'
import { SignInPage } from './pages.tsx'

type Shown = {
  readonly login: string
  readonly shared?: boolean
  readonly isAgain?: boolean
  readonly problem?: FormProblem
  readonly reference?: string
  readonly closedUntil?: Instant
}

export async function showSignIn(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  shown: Shown,
): Promise<FastifyReply> {
  const { reference, problem = null, closedUntil = null } = shown
  const page = await pageContext(portal, request, reply, reference === undefined ? {} : { reference })
  const { settings } = page
  const { identity } = portal.world
  const props = {
    page,
    login: shown.login,
    loginExample: settings.organisation.loginExample,
    shared: shown.shared ?? isSharedNetwork(portal, request, settings),
    problem,
    isAgain: shown.isAgain ?? false,
    closedUntil,
    oidc: identity && { host: identity.provider.host, only: identity.only },
    ...(await botCheckOf(portal, request, reply)),
  }
  const status = problem ? statusOf(problem) : closedUntil === null ? 200 : 403
  return sendPage(reply, status, renderPage(<SignInPage {...props} />))
}
