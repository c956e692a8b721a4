import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { availability } from '../../actions/availability.ts'
import { stay } from '../../actions/open-session.ts'
import { answerStep, chooseStep } from '../../actions/second-step.ts'
import { signIn } from '../../actions/sign-in.ts'
import { AppError } from '../../errors.ts'
import { limitOf } from '../../session.ts'
import { callerOf, localeOf, pageContext, queryOf, settingsOf } from '../context.ts'
import { fieldsOf } from '../form-fields.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { postedAnswer } from '../posted-answer.ts'
import { sendPage, showClosed } from '../reset/show.tsx'
import { problemIn, seeOther, statusOf } from '../reset/steps.ts'
import { clearCookies, keepTicket, rememberAccount, writeCookie } from '../session.ts'
import { endSignIn, keepSignIn } from '../sign-in-cookie.ts'
import { afterSignIn } from './after.ts'
import { withSignIn } from './gate.ts'
import { oidcRoutes } from './oidc-routes.tsx'
import { StepPage } from './pages.tsx'
import { refusalIn } from './refusal.ts'
import { showSignIn } from './show.tsx'

/** Pages of ours that more time leads back to; nothing else is believed of a form. */
const OWN_PAGE = /^\/(security-info|sign-in)(\/[\w-]+)*$/

/** The door to security info: the directory's password, and a second step where the account has one. */
export function signInRoutes(app: FastifyInstance, portal: Portal): void {
  const { world } = portal

  app.get('/sign-in', async (request, reply) => {
    const open = await availability(world)
    if (open.state !== 'open') return showClosed(portal, request, reply, open)
    const { login, username } = queryOf(request)
    return showSignIn(portal, request, reply, {
      login: login ?? username ?? '',
      isAgain: request.url.includes('again='),
    })
  })
  app.post('/sign-in', async (request, reply) =>
    world.identity?.only ? seeOther(reply, '/sign-in') : enter(portal, request, reply),
  )
  if (world.identity) oidcRoutes(app, portal)

  app.get('/sign-in/step', async (request, reply) => showStep(portal, request, reply, null))
  app.post('/sign-in/method', async (request, reply) => {
    const { method } = fieldsOf(request)
    if (!method) return showStep(portal, request, reply, { kind: 'method_missing' })
    return step(portal, request, reply, async ticket => void (await chooseStep(world, ticket, method)))
  })
  app.post('/sign-in/answer', async (request, reply) => {
    const answer = postedAnswer(fieldsOf(request))
    if ('missing' in answer) return showStep(portal, request, reply, { kind: answer.missing })
    return step(portal, request, reply, async ticket => {
      const { session, token } = await answerStep(world, ticket, answer)
      if (token === null) return { kind: answer.kind === 'passkey' ? 'passkey_wrong' : 'answer_wrong' }
      keepTicket(portal, reply, { id: session.id, token }, 'session')
      if (!session.shared) rememberAccount(portal, request, reply, session.subject)
      return undefined
    })
  })

  app.post('/sign-in/stay', async (request, reply) =>
    withSignIn(portal, request, reply, async ticket => {
      await stay(world, ticket)
      const { from = '' } = fieldsOf(request)
      return seeOther(reply, OWN_PAGE.test(from) ? from : '/security-info')
    }),
  )

  app.post('/sign-out', async (request, reply) => {
    const { everywhere } = fieldsOf(request)
    await endSignIn(portal, request, everywhere === undefined ? 'signed_out' : 'everywhere')
    clearCookies(portal, reply, 'session', 'application', 'setup')
    return seeOther(reply, '/sign-in')
  })
}

async function enter(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { login = '', password = '', bot_check: botCheck = '', shared_computer: box } = fieldsOf(request)
  const shared = box !== undefined
  const again = { login, shared }
  if (login.trim() === '')
    return showSignIn(portal, request, reply, { ...again, problem: { kind: 'login_missing' } })
  if (password === '')
    return showSignIn(portal, request, reply, { ...again, problem: { kind: 'password_missing' } })
  try {
    const locale = localeOf(portal, request, await settingsOf(portal))
    const signed = await signIn(
      portal.world,
      { login, password, botCheck, locale, shared },
      callerOf(portal, request, true),
    )
    if (signed.said === 'must_change')
      return seeOther(reply, `/change?expired=1&login=${encodeURIComponent(login)}`)
    if (signed.said === 'wrong')
      return await showSignIn(portal, request, reply, {
        ...again,
        problem: { kind: 'sign_in_wrong' },
        ...signed,
      })
    if (signed.said === 'later')
      return await showSignIn(portal, request, reply, { ...again, ...signed, closedUntil: signed.until })
    const { session, token } = signed
    await keepSignIn(portal, request, reply, { id: session.id, token })
    if (shared) writeCookie(portal, reply, 'shared', 'yes')
    else if (session.entered) rememberAccount(portal, request, reply, session.subject)
    const ticket = { id: session.id, token }
    return seeOther(reply, session.entered ? await afterSignIn(portal, request, ticket) : '/sign-in/step')
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-now') return showClosed(portal, request, reply)
    return showSignIn(portal, request, reply, {
      ...again,
      problem: problemIn(portal, error, 'login_malformed'),
    })
  }
}

type Deed = (ticket: { id: string; token: string }) => Promise<FormProblem | undefined>

const step = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  deed: Deed,
): Promise<FastifyReply> =>
  withSignIn(portal, request, reply, async (ticket, session) => {
    let problem: FormProblem | undefined
    try {
      problem = await deed(ticket)
    } catch (error) {
      problem = await refusalIn(portal, session, error)
    }
    return problem ? showStep(portal, request, reply, problem) : seeOther(reply, '/sign-in/step')
  })

/** Where nothing is asked any more, on to what the sign-in is for. */
const showStep = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: FormProblem | null,
): Promise<FastifyReply> =>
  withSignIn(portal, request, reply, async (ticket, session) => {
    if (session.step === null) return seeOther(reply, await afterSignIn(portal, request, ticket))
    const { reference, shared: isShared } = session
    const signIn = limitOf(session, portal.world.clock.now())
    const page = await pageContext(portal, request, reply, { reference, isShared, signIn })
    const status = problem ? statusOf(problem) : 200
    return sendPage(reply, status, renderPage(<StepPage page={page} session={session} problem={problem} />))
  })
