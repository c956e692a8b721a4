import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { disputeNotice, readNotice } from '../../actions/dispute.ts'
import { AppError } from '../../errors.ts'
import { pageContext } from '../context.ts'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { sendPage } from '../reset/show.tsx'
import { seeOther } from '../reset/steps.ts'
import { clearCookies, readCookie, writeCookie } from '../session.ts'
import { NoticePage, type NoticeProps } from './pages.tsx'

const TOKEN = /^[A-Za-z0-9_-]{43}$/
/** Long enough to read the page twice. */
const KEEP_SECONDS = 900

/**
 * "This was not me". The token leaves the address at once (TOK-11); opening the link does nothing, so a mail scanner
 * that follows it trips nothing (TOK-10).
 */
export function noticeRoutes(app: FastifyInstance, portal: Portal): void {
  app.get<{ Params: { token: string } }>('/not-me/:token', async (request, reply) => {
    const { token } = request.params
    if (TOKEN.test(token)) writeCookie(portal, reply, 'notice', token, KEEP_SECONDS)
    return seeOther(reply, '/not-me')
  })
  app.get('/not-me', async (request, reply) => {
    const state = await withToken(
      portal,
      request,
      async token => void (await readNotice(portal.world, token)),
      'ask',
    )
    return show(portal, request, reply, state)
  })
  app.post('/not-me', async (request, reply) => {
    const state = await withToken(
      portal,
      request,
      async token => void (await disputeNotice(portal.world, token)),
      'done',
    )
    clearCookies(portal, reply, 'notice')
    return show(portal, request, reply, state)
  })
}

/** Used, too old and never there are one answer (ENU-08). */
async function withToken(
  portal: Portal,
  request: FastifyRequest,
  deed: (token: string) => Promise<void>,
  state: 'ask' | 'done',
): Promise<NoticeProps['state']> {
  try {
    await deed(readCookie(portal, request, 'notice') ?? '')
    return state
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return 'gone'
    throw error
  }
}

async function show(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  state: NoticeProps['state'],
): Promise<FastifyReply> {
  const page = await pageContext(portal, request, reply)
  return sendPage(
    reply,
    state === 'gone' ? 404 : 200,
    renderPage(<NoticePage page={page} state={state} action="/not-me" />),
  )
}
