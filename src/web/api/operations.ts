import { z } from 'zod'
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

/** What each call takes and answers, for the input check and for the OpenAPI document. */

const security = [{ resetToken: [] }]
const params = resetParams
const refusals = {
  400: problemAnswer,
  404: problemAnswer,
  409: problemAnswer,
  429: problemAnswer,
  503: problemAnswer,
}
const withReset = resetAnswer.extend(problemAnswer.shape).describe('The problem, and the Reset with it.')

export const operations = {
  botCheck: {
    summary: 'The bot check of the next start',
    response: { 200: botCheckAnswer, 503: problemAnswer },
  },
  start: { summary: 'Start a reset', body: startBody, response: { 201: resetAnswer, ...refusals } },
  read: {
    summary: 'Read a reset, or wait while it is not your turn',
    security,
    params,
    querystring: waitQuery,
    response: { 200: resetAnswer, ...refusals },
  },
  challenge: {
    summary: 'Begin a challenge',
    security,
    params,
    body: challengeBody,
    response: { 201: resetAnswer, ...refusals },
  },
  answer: {
    summary: 'Answer the open challenge',
    security,
    params,
    body: answerBody,
    response: { 200: resetAnswer, 422: withReset, ...refusals },
  },
  password: {
    summary: 'Set the new password, or unlock',
    security,
    params,
    body: passwordBody,
    response: { 200: resetAnswer, 422: withReset, ...refusals },
  },
  extend: {
    summary: 'Ten more minutes',
    security,
    params,
    body: z.strictObject({}).optional(),
    response: { 200: resetAnswer, ...refusals },
  },
  cancel: { summary: 'Give up', security, params, response: { 204: z.null(), ...refusals } },
} as const
