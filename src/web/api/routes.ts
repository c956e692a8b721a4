import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { isDear } from '../../actions/current-settings.ts'
import { cancelReset, extendReset } from '../../actions/end.ts'
import type { Ticket } from '../../actions/load.ts'
import { answerChallenge, chooseMethod } from '../../actions/prove.ts'
import { startReset } from '../../actions/start.ts'
import { WAIT_SECONDS_MAX, waitForReset } from '../../actions/wait.ts'
import type { World } from '../../actions/world.ts'
import { commitReset } from '../../actions/write.ts'
import { AppError } from '../../errors.ts'
import type { Answer } from '../../method.ts'
import type { Reset } from '../../reset.ts'
import { callerOf, localeOf, settingsOf } from '../context.ts'
import type { Portal } from '../portal.ts'
import { problem, sendProblem } from '../problem.ts'
import { operations } from './operations.ts'
import type { answerBody } from './schemas.ts'
import { showReset } from './show.ts'

const IDEMPOTENCY_KEY_MAX = 200

/** The contract of `design/api.md`: the same actions as the portal's, as JSON. */
export function apiRoutes(instance: FastifyInstance, portal: Portal): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const { world } = portal
  const show = (reset: Reset, token?: string) => showReset(portal, reset, token)

  app.get('/bot-check', { schema: operations.botCheck }, async request => {
    const dear = await world.store.read(tx => isDear(world, tx, request.ip))
    return world.botCheck.challenge(world.clock.now(), dear)
  })
  app.post('/resets', { schema: operations.start }, async (request, reply) => {
    const { login, bot_check: botCheck, goal, locale: wished } = request.body
    const locale = await localeFor(portal, request, wished)
    const wanted = { login, botCheck, goal, locale, shared: false }
    const { reset, token } = await startReset(world, wanted, callerOf(portal, request, false))
    reply.code(201)
    return show(reset, token)
  })
  app.get('/resets/:id', { schema: operations.read }, async request =>
    show(await waitForReset(world, ticketOf(request), request.query.wait_seconds)),
  )
  app.post('/resets/:id/challenges', { schema: operations.challenge }, async (request, reply) => {
    const reset = await chooseMethod(world, ticketOf(request), request.body.method)
    reply.code(201)
    return show(reset)
  })
  app.post('/resets/:id/answers', { schema: operations.answer }, async (request, reply) => {
    const { reset, right } = await answerChallenge(world, ticketOf(request), answerOf(request.body))
    return right ? show(reset) : withReset(reply, 'answer-wrong', await show(reset))
  })
  app.post('/resets/:id/password', { schema: operations.password }, async (request, reply) => {
    const ticket = ticketOf(request)
    const outcome = await commitReset(world, ticket, request.body.password ?? null, attemptOf(request))
    const { reset, said } = outcome.said === 'running' ? await outcomeOf(world, ticket) : outcome
    return said === 'refused' ? withReset(reply, 'password-refused', await show(reset)) : show(reset)
  })
  app.post('/resets/:id/extensions', { schema: operations.extend }, async request =>
    show(await extendReset(world, ticketOf(request))),
  )
  app.delete('/resets/:id', { schema: operations.cancel }, async (request, reply) => {
    await cancelReset(world, ticketOf(request))
    return reply.code(204).send(null)
  })
}

function answerOf(body: z.infer<typeof answerBody>): Answer {
  if ('answers' in body) return { kind: 'questions', answers: body.answers }
  return 'code' in body ? { kind: 'code', code: body.code } : { kind: 'passkey', assertion: body.passkey }
}

/** The answer of the write that another request is making just now. */
async function outcomeOf(
  world: World,
  ticket: Ticket,
): Promise<{ reset: Reset; said: 'refused' | 'nothing' }> {
  const reset = await waitForReset(world, ticket, WAIT_SECONDS_MAX)
  const { phase } = reset
  return { reset, said: phase.name === 'password' && phase.refusal ? 'refused' : 'nothing' }
}

async function localeFor(
  portal: Portal,
  request: FastifyRequest,
  wished: string | undefined,
): Promise<string> {
  const settings = await settingsOf(portal)
  if (wished === undefined) return localeOf(portal, request, settings)
  return portal.texts.pick({ mkt: wished, fallback: settings.organisation.locale })
}

/** `Idempotency-Key` marks a POST as the repeat of an attempt; it never reaches the password. */
function attemptOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key']
  return typeof key === 'string' && key !== '' && key.length <= IDEMPOTENCY_KEY_MAX ? key : null
}

/** `Authorization: Bearer`, and nothing from the body, the query or a cookie (SES-03). */
function ticketOf(request: FastifyRequest): Ticket {
  const { id } = request.params as { id: string } // checked by the schema
  const token = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(request.headers.authorization ?? '')?.[1]
  if (!token) throw new AppError('not-found', 'There is no such reset.')
  return { id, token }
}

const withReset = (
  reply: FastifyReply,
  type: 'answer-wrong' | 'password-refused',
  reset: object,
): FastifyReply => sendProblem(reply, problem(type), { ...reset })
