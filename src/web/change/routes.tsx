import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { availability } from '../../actions/availability.ts'
import { changePassword } from '../../actions/change.ts'
import { AppError } from '../../errors.ts'
import type { Settings } from '../../settings.ts'
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
import { problemIn, statusOf } from '../reset/steps.ts'
import { readCookie, rememberAccount } from '../session.ts'
import { ChangeDonePage, ChangePage, ChangeUncertainPage } from './pages.tsx'

/** A new password with the old one (decisions 1.7). */
export function changeRoutes(app: FastifyInstance, portal: Portal): void {
  app.get('/change', async (request, reply) => {
    const open = await availability(portal.world)
    if (open.state !== 'open') return showClosed(portal, request, reply, open)
    const { login, username } = queryOf(request)
    return show(portal, request, reply, login ?? username ?? '', null)
  })
  // W3C, A Well-Known URL for Changing Passwords: password managers lead here.
  app.get('/.well-known/change-password', async (_request, reply) => reply.redirect('/change', 302))
  app.post('/change', async (request, reply) => change(portal, request, reply))
}

async function change(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const {
    login = '',
    old = '',
    password = '',
    password_again: again,
    bot_check: botCheck = '',
  } = fieldsOf(request)
  const missing = whatIsMissing(login, old, password, again)
  if (missing) return show(portal, request, reply, login, missing)
  try {
    const locale = localeOf(portal, request, await settingsOf(portal))
    const outcome = await changePassword(
      portal.world,
      { login, old, password, botCheck, locale },
      callerOf(portal, request, true),
    )
    if (outcome.said === 'refused')
      return await show(
        portal,
        request,
        reply,
        login,
        { kind: 'refused', refusal: outcome.refusal },
        outcome.reference,
      )
    if (outcome.said === 'wrong')
      return await show(portal, request, reply, login, { kind: 'old_wrong' }, outcome.reference)
    const page = await pageContext(portal, request, reply, { reference: outcome.reference })
    if (outcome.said === 'done' && !isShared(portal, request, page.settings))
      rememberAccount(portal, request, reply, outcome.subject)
    const end =
      outcome.said === 'done' ? (
        <ChangeDonePage page={page} signInUrl={page.settings.signInUrl} />
      ) : (
        <ChangeUncertainPage page={page} />
      )
    return sendPage(reply, 200, renderPage(end))
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-now') return showClosed(portal, request, reply)
    return show(portal, request, reply, login, problemIn(portal, error, 'login_malformed'))
  }
}

/** Nothing is remembered there (decisions 1.10, 2.1). This page has no box for it: the network and the reset before it tell. */
const isShared = (portal: Portal, request: FastifyRequest, settings: Settings): boolean =>
  isSharedNetwork(portal, request, settings) || readCookie(portal, request, 'shared') !== null

function whatIsMissing(
  login: string,
  old: string,
  password: string,
  again: string | undefined,
): FormProblem | null {
  if (login.trim() === '') return { kind: 'login_missing' }
  // An empty password is never sent to a directory: it would be an anonymous bind (RFC 4513 section 5.1.2).
  if (old === '') return { kind: 'old_missing' }
  if (password === '') return { kind: 'password_missing' }
  return again !== undefined && again !== password ? { kind: 'passwords_differ' } : null
}

async function show(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  login: string,
  problem: FormProblem | null,
  reference?: string,
): Promise<FastifyReply> {
  const page = await pageContext(portal, request, reply, reference === undefined ? {} : { reference })
  const { settings } = page
  const rules = [{ name: 'min_length', value: settings.password.minLength }] as const
  const props = {
    page,
    login,
    loginExample: settings.organisation.loginExample,
    rules,
    problem,
    isExpired: 'expired' in queryOf(request),
    ...(await botCheckOf(portal, request, reply)),
  }
  return sendPage(reply, problem ? statusOf(problem) : 200, renderPage(<ChangePage {...props} />))
}
