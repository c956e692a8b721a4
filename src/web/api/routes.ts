import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { isDear } from '../../actions/current-settings.ts'
import { cancelReset, extendReset } from '../../actions/end.ts'
import type { Ticket } from '../../actions/load.ts'
import { answerChallenge, chooseMethod } from '../../actions/prove.ts'
import { startReset } from '../../actions/start.ts'
import { WAIT_SECONDS_MAX, waitForReset } from '../../actions/wait.ts'
import { commitReset } from '../../actions/write.ts'
import { AppError } from '../../errors.ts'
import type { Reset } from '../../reset.ts'
import { callerOf, localeOf, settingsOf } from '../context.ts'
import type { Portal } from '../portal.ts'
import { problem, sendProblem } from '../problem.ts'
import {
  answerBody,
  botCheckAnswer,
  challengeBody,
  passwordBody,
  problemAnswer,
  resetAnswer,
  resetParams,
  startBody,
  waitQuery,
} from './schemas.ts'
import { showReset } from './show.ts'

const security = [{ resetToken: [] }]
const refusals = {
  400: problemAnswer,
  404: problemAnswer,
  409: problemAnswer,
  429: problemAnswer,
  503: problemAnswer,
}
const refused = resetAnswer.extend(problemAnswer.shape).describe('The problem, and the Reset with it.')

/** The contract of `design/api.md`: the same actions as the portal's, as JSON. */
export function apiRoutes(instance: FastifyInstance, portal: Portal): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const { world } = portal
  const show = (reset: Reset, token?: string) => showReset(portal, reset, token)

  app.get(
    '/bot-check',
    { schema: { summary: 'The bot check of the next start', response: { 200: botCheckAnswer } } },
    async request => {
      const dear = await world.store.read(tx => isDear(world, tx, request.ip))
      return world.botCheck.challenge(world.clock.now(), dear)
    },
  )

  app.post(
    '/resets',
    { schema: { summary: 'Start a reset', body: startBody, response: { 201: resetAnswer, ...refusals } } },
    async (request, reply) => {
      const { login, bot_check: botCheck, goal, locale } = request.body
      const settings = await settingsOf(portal)
      const chosen =
        locale === undefined
          ? localeOf(portal, request, settings)
          : portal.texts.pick({ mkt: locale, fallback: settings.organisation.locale })
      const started = await startReset(
        world,
        { login, botCheck, goal, locale: chosen, shared: false },
        callerOf(portal, request, false),
      )
      reply.code(201)
      return show(started.reset, started.token)
    },
  )

  app.get(
    '/resets/:id',
    {
      schema: {
        summary: 'Read a reset, or wait while it is not your turn',
        security,
        params: resetParams,
        querystring: waitQuery,
        response: { 200: resetAnswer, ...refusals },
      },
    },
    async request => {
      const waitSeconds = Math.min(request.query.wait_seconds, WAIT_SECONDS_MAX)
      return show(await waitForReset(world, ticketOf(request), waitSeconds))
    },
  )

  app.post(
    '/resets/:id/challenges',
    {
      schema: {
        summary: 'Begin a challenge',
        security,
        params: resetParams,
        body: challengeBody,
        response: { 201: resetAnswer, ...refusals },
      },
    },
    async (request, reply) => {
      const reset = await chooseMethod(world, ticketOf(request), request.body.method)
      reply.code(201)
      return show(reset)
    },
  )

  app.post(
    '/resets/:id/answers',
    {
      schema: {
        summary: 'Answer the open challenge',
        security,
        params: resetParams,
        body: answerBody,
        response: { 200: resetAnswer, 422: refused, ...refusals },
      },
    },
    async (request, reply) => {
      const { reset, right } = await answerChallenge(world, ticketOf(request), {
        kind: 'code',
        code: request.body.code,
      })
      return right ? show(reset) : withReset(reply, 'answer-wrong', await show(reset))
    },
  )

  app.post(
    '/resets/:id/password',
    {
      schema: {
        summary: 'Set the new password, or unlock',
        security,
        params: resetParams,
        body: passwordBody,
        response: { 200: resetAnswer, 422: refused, ...refusals },
      },
    },
    async (request, reply) => {
      const ticket = ticketOf(request)
      const { reset, said } = await commitReset(world, ticket, request.body.password ?? null)
      if (said === 'refused') return withReset(reply, 'password-refused', await show(reset))
      return show(said === 'running' ? await waitForReset(world, ticket, WAIT_SECONDS_MAX) : reset)
    },
  )

  app.post(
    '/resets/:id/extensions',
    {
      schema: {
        summary: 'Ten more minutes',
        security,
        params: resetParams,
        body: z.strictObject({}).optional(),
        response: { 200: resetAnswer, ...refusals },
      },
    },
    async request => show(await extendReset(world, ticketOf(request))),
  )

  app.delete(
    '/resets/:id',
    {
      schema: { summary: 'Give up', security, params: resetParams, response: { 204: z.null(), ...refusals } },
    },
    async (request, reply) => {
      await cancelReset(world, ticketOf(request))
      return reply.code(204).send(null)
    },
  )
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
