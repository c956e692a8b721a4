import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { availability } from '../../actions/availability.ts'
import { cancelReset, extendReset } from '../../actions/end.ts'
import { readReset, type Ticket } from '../../actions/load.ts'
import { answerChallenge, chooseMethod } from '../../actions/prove.ts'
import { startReset } from '../../actions/start.ts'
import { commitReset } from '../../actions/write.ts'
import { AppError } from '../../errors.ts'
import type { Goal } from '../../reset.ts'
import { callerOf, localeOf, queryOf, settingsOf } from '../context.ts'
import { fieldsOf } from '../form-fields.ts'
import type { FormProblem } from '../forms.tsx'
import type { Portal } from '../portal.ts'
import { postedAnswer } from '../posted-answer.ts'
import {
  clearCookies,
  forgetAll,
  keepTicket,
  rememberAccount,
  ticketOf,
  ticketOfPress,
  writeCookie,
} from '../session.ts'
import { endSignIn } from '../sign-in-cookie.ts'
import { showClosed, showLoginHelp, showReset, showStart } from './show.tsx'
import { problemIn, requireTicket, seeOther, wrongBy } from './steps.ts'

/** The five steps in a browser. A good post is answered by a redirect, a bad one by the same page with the reason. */
export function resetRoutes(app: FastifyInstance, portal: Portal): void {
  const { world } = portal

  app.get('/', async (request, reply) => {
    const open = await availability(world)
    if (open.state !== 'open') return showClosed(portal, request, reply, open)
    const { login, username, return_to: returnTo } = queryOf(request)
    const settings = await settingsOf(portal)
    if (returnTo && settings.returnAddresses.includes(returnTo))
      writeCookie(portal, reply, 'returnTo', returnTo)
    return showStart(portal, request, reply, { login: login ?? username ?? '' })
  })

  app.post('/reset', async (request, reply) => start(portal, request, reply))
  app.get('/reset', async (request, reply) => showReset(portal, request, reply, null))

  app.post('/reset/challenge', async (request, reply) => {
    const { method } = fieldsOf(request)
    if (!method) return showReset(portal, request, reply, { kind: 'method_missing' })
    return step(portal, request, reply, async ticket => void (await chooseMethod(world, ticket, method)))
  })

  app.post('/reset/answer', async (request, reply) => {
    const answer = postedAnswer(fieldsOf(request))
    if ('missing' in answer) return showReset(portal, request, reply, { kind: answer.missing })
    return step(portal, request, reply, async ticket => {
      const { right } = await answerChallenge(world, ticket, answer)
      return right ? undefined : { kind: wrongBy(answer) }
    })
  })

  app.post('/reset/password', async (request, reply) => {
    const { password, password_again: again } = fieldsOf(request)
    if (!password) return showReset(portal, request, reply, { kind: 'password_missing' })
    if (again !== undefined && again !== password)
      return showReset(portal, request, reply, { kind: 'passwords_differ' })
    return step(portal, request, reply, async ticket => commit(portal, request, reply, ticket, password))
  })
  app.post('/reset/unlock', async (request, reply) =>
    step(portal, request, reply, async ticket => commit(portal, request, reply, ticket, null)),
  )
  app.post('/reset/extension', async (request, reply) =>
    step(portal, request, reply, async ticket => void (await extendReset(world, ticket))),
  )

  app.post('/reset/cancel', async (request, reply) => {
    await cancelReset(world, requireTicket(portal, request))
    clearCookies(portal, reply, 'reset')
    return seeOther(reply, '/')
  })

  app.post('/finish', async (request, reply) => {
    const ticket = ticketOf(portal, request)
    if (ticket) await cancelReset(world, ticket).catch(ignoreGone)
    await endSignIn(portal, request, 'signed_out')
    return finish(portal, reply)
  })
  // Where a page leads here by itself, because no script runs on a shared computer; never from another site.
  app.get('/finish', async (request, reply) =>
    request.headers['sec-fetch-site'] === 'cross-site' ? seeOther(reply, '/') : finish(portal, reply),
  )

  app.get('/login-help', async (request, reply) => showLoginHelp(portal, request, reply))
}

/** A reset that ended long ago is no reason not to finish. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'not-found')) throw error
}

/** Forgets everything that this browser keeps for us. */
function finish(portal: Portal, reply: FastifyReply): FastifyReply {
  forgetAll(portal, reply)
  return seeOther(reply, '/')
}

async function start(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { login = '', bot_check: botCheck = '', goal, shared_computer: shared } = fieldsOf(request)
  const wanted: Goal = goal === 'unlock' ? 'unlock' : 'password'
  const again = { login, goal: wanted, shared: shared !== undefined }
  if (login.trim() === '')
    return showStart(portal, request, reply, { ...again, problem: { kind: 'login_missing' } })
  const ticket = ticketOfPress(portal, request, botCheck)
  try {
    const locale = localeOf(portal, request, await settingsOf(portal))
    const started = await startReset(
      portal.world,
      { login, botCheck, goal: wanted, locale, shared: again.shared, ...(ticket ? { ticket } : {}) },
      callerOf(portal, request, true),
    )
    return begun(portal, reply, { id: started.reset.id, token: started.token }, again.shared)
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-now') return showClosed(portal, request, reply)
    const problem = problemIn(portal, error, 'login_malformed')
    if (problem.kind === 'bot_check_failed' && ticket && (await isSamePress(portal, ticket, again)))
      return begun(portal, reply, ticket, again.shared)
    return showStart(portal, request, reply, { ...again, problem })
  }
}

function begun(portal: Portal, reply: FastifyReply, ticket: Ticket, shared: boolean): FastifyReply {
  keepTicket(portal, reply, ticket)
  if (shared) writeCookie(portal, reply, 'shared', 'yes')
  return seeOther(reply, '/reset')
}

/** The second half of a double click: its bot check was spent by the first, whose answer the browser threw away. */
async function isSamePress(
  portal: Portal,
  ticket: Ticket,
  asked: { readonly login: string; readonly goal: Goal },
): Promise<boolean> {
  const reset = await readReset(portal.world, ticket).catch(ignoreGone)
  return reset?.login === asked.login.trim() && reset.goal === asked.goal
}

type Deed = (ticket: { id: string; token: string }) => Promise<FormProblem | undefined>

async function step(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  deed: Deed,
): Promise<FastifyReply> {
  const ticket = requireTicket(portal, request)
  let problem: FormProblem | undefined
  try {
    problem = await deed(ticket)
  } catch (error) {
    problem = problemIn(portal, error, 'invalid_input')
  }
  return problem ? showReset(portal, request, reply, problem) : seeOther(reply, '/reset')
}

async function commit(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  ticket: { id: string; token: string },
  password: string | null,
): Promise<FormProblem | undefined> {
  const { reset, said } = await commitReset(portal.world, ticket, password)
  if (said === 'done' && !reset.shared) rememberAccount(portal, request, reply, reset.subject)
  // The reset carries the refusal itself; the page shows it from there.
  return said === 'refused' && reset.phase.name === 'password' && reset.phase.refusal
    ? { kind: 'refused', refusal: reset.phase.refusal }
    : undefined
}
