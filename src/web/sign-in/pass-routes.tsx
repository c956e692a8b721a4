import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { availability } from '../../actions/availability.ts'
import { signInWithPass } from '../../actions/pass-sign-in.ts'
import { AppError } from '../../errors.ts'
import {
  botCheckOf,
  callerOf,
  isSharedNetwork,
  localeOf,
  pageContext,
  queryOf,
  settingsOf,
} from '../context.ts'
import { fieldsOf } from '../form-fields.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { sendPage, showClosed } from '../reset/show.tsx'
import { problemIn, seeOther, statusOf } from '../reset/steps.ts'
import { rememberAccount, writeCookie } from '../session.ts'
import { keepSignIn } from '../sign-in-cookie.ts'
import { afterSignIn } from './after.ts'
import { PassPage } from './pass-page.tsx'

/** The door of those who were given a temporary pass. */
export function passRoutes(app: FastifyInstance, portal: Portal): void {
  app.get('/sign-in/pass', async (request, reply) => {
    const open = await availability(portal.world)
    if (open.state !== 'open') return showClosed(portal, request, reply, open)
    const { login, username } = queryOf(request)
    return show(portal, request, reply, { login: login ?? username ?? '' })
  })
  app.post('/sign-in/pass', async (request, reply) => enter(portal, request, reply))
}

async function enter(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { login = '', pass = '', bot_check: botCheck = '', shared_computer: box } = fieldsOf(request)
  const shared = box !== undefined
  const again = { login, shared }
  const missing = login.trim() === '' ? 'login_missing' : pass.trim() === '' ? 'pass_missing' : null
  if (missing) return show(portal, request, reply, { ...again, problem: { kind: missing } })
  try {
    const locale = localeOf(portal, request, await settingsOf(portal))
    const asked = { login, pass, botCheck, locale, shared }
    const signed = await signInWithPass(portal.world, asked, callerOf(portal, request, true))
    if (signed.said === 'wrong') {
      const { reference } = signed
      return await show(portal, request, reply, { ...again, problem: { kind: 'pass_wrong' }, reference })
    }
    const { session, token } = signed
    const ticket = { id: session.id, token }
    await keepSignIn(portal, request, reply, ticket)
    if (shared) writeCookie(portal, reply, 'shared', 'yes')
    else rememberAccount(portal, request, reply, session.subject)
    return seeOther(reply, await afterSignIn(portal, request, ticket))
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-now') return showClosed(portal, request, reply)
    return show(portal, request, reply, { ...again, problem: problemIn(portal, error, 'login_malformed') })
  }
}

type Shown = {
  readonly login: string
  readonly shared?: boolean
  readonly problem?: FormProblem
  readonly reference?: string
}

/** What was typed as a pass is never sent back. */
async function show(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { login, shared, problem, reference }: Shown,
): Promise<FastifyReply> {
  const page = await pageContext(portal, request, reply, reference === undefined ? {} : { reference })
  const { settings } = page
  const props = {
    page,
    login,
    loginExample: settings.organisation.loginExample,
    shared: shared ?? isSharedNetwork(portal, request, settings),
    problem: problem ?? null,
    ...(await botCheckOf(portal, request, reply)),
  }
  return sendPage(reply, problem ? statusOf(problem) : 200, renderPage(<PassPage {...props} />))
}
