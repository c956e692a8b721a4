import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Availability } from '../../actions/availability.ts'
import { networkOf } from '../../actions/current-settings.ts'
import { readReset } from '../../actions/load.ts'
import { viewOf } from '../../actions/view.ts'
import { AppError } from '../../errors.ts'
import type { Goal, Reset } from '../../reset.ts'
import type { Settings } from '../../settings.ts'
import { botCheckOf, isSharedNetwork, pageContext } from '../context.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { shownRules } from '../rules.ts'
import { clearCookies, readCookie, ticketOf } from '../session.ts'
import { ClosedPage, LoginHelpPage } from './closed.tsx'
import type { NextSteps } from './ending.tsx'
import { ResetPage } from './pages.tsx'
import { StartPage } from './start.tsx'
import { seeOther, statusOf } from './steps.ts'

type Send = Promise<FastifyReply>
type Closed = Pick<Exclude<Availability, { state: 'open' }>, 'state' | 'supportCode'>

export const sendPage = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(html)

type Start = {
  readonly login: string
  readonly goal?: Goal
  readonly shared?: boolean
  readonly problem?: FormProblem
}

export async function showStart(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  start: Start,
): Send {
  const page = await pageContext(portal, request, reply)
  const { settings } = page
  const props = {
    page,
    login: start.login,
    loginExample: settings.organisation.loginExample,
    mayUnlock: settings.unlock && portal.world.directories.some(({ can }) => can.unlock),
    goal: start.goal ?? 'password',
    shared: start.shared ?? isSharedNetwork(portal, request, settings),
    problem: start.problem ?? null,
    ...(await botCheckOf(portal, request, reply)),
  }
  return sendPage(reply, start.problem ? statusOf(start.problem) : 200, renderPage(<StartPage {...props} />))
}

export async function showClosed(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { state: why, supportCode }: Closed = { state: 'not_now', supportCode: null },
): Send {
  const page = await pageContext(portal, request, reply)
  if (why === 'not_now') reply.header('retry-after', '60')
  const isHelpful = networkOf(portal.world, page.settings, request.ip).disclosure === 'helpful'
  const props = { page, why, supportCode: isHelpful ? supportCode : null }
  return sendPage(reply, why === 'off' ? 200 : 503, renderPage(<ClosedPage {...props} />))
}

export async function showLoginHelp(portal: Portal, request: FastifyRequest, reply: FastifyReply): Send {
  const page = await pageContext(portal, request, reply)
  const { organisation, texts } = page.settings
  const props = {
    page,
    loginExample: organisation.loginExample,
    text: textIn(texts.loginHelp, page.texts.locale, page.settings),
  }
  return sendPage(reply, 200, renderPage(<LoginHelpPage {...props} />))
}

/** The page of the state that this browser's reset is in; without one, back to the start. */
export async function showReset(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: FormProblem | null,
): Send {
  const reset = await resetOf(portal, request)
  if (!reset) {
    clearCookies(portal, reply, 'reset')
    return seeOther(reply, '/')
  }
  const page = await pageContext(portal, request, reply, { reference: reset.reference })
  const { settings } = page
  const props = {
    page: { ...page, path: '/reset' },
    view: viewOf(reset, shownRules(portal, settings, reset)),
    problem,
    next: nextSteps(portal, request, settings, page.texts.locale),
    login: reset.login,
    tooYoungUntil: reset.account?.tooYoungUntil ?? null,
  }
  return sendPage(reply, problem ? statusOf(problem) : 200, renderPage(<ResetPage {...props} />))
}

async function resetOf(portal: Portal, request: FastifyRequest): Promise<Reset | null> {
  const ticket = ticketOf(portal, request)
  if (!ticket) return null
  return readReset(portal.world, ticket).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not-found') return null
    throw error
  })
}

function nextSteps(portal: Portal, request: FastifyRequest, settings: Settings, locale: string): NextSteps {
  const returnTo = readCookie(portal, request, 'returnTo')
  return {
    text: textIn(settings.texts.nextSteps, locale, settings),
    signInUrl: settings.signInUrl,
    returnTo: returnTo !== null && settings.returnAddresses.includes(returnTo) ? returnTo : null,
    stay: request.url.includes('stay='),
  }
}

const textIn = (
  texts: Readonly<Record<string, string>>,
  locale: string,
  { organisation }: Settings,
): string | null => texts[locale] ?? texts[organisation.locale] ?? null
