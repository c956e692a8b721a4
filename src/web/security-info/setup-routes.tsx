import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { confirmReview, dismissSetup, readSetup, type SetupView } from '../../actions/setup.ts'
import { AppError } from '../../errors.ts'
import { pageContext, settingsOf } from '../context.ts'
import { fieldsOf } from '../form-fields.ts'
import type { FormProblem } from '../forms.tsx'
import { renderPage } from '../layout.tsx'
import type { Portal } from '../portal.ts'
import { sendPage } from '../reset/show.tsx'
import { seeOther, statusOf } from '../reset/steps.ts'
import { type ReturnAddress, returnAddressOf, takeReturn } from '../return-cookie.ts'
import { clearCookies, readCookie, writeCookie } from '../session.ts'
import { type Asked, contextOf, type Show, signedIn } from './asked.ts'
import { NoPhonePage, ReviewPage, SetupPage } from './setup.tsx'
import { RefusedReturnPage, SETUP, SetupDonePage, type SetupProps } from './setup-end.tsx'

/** What a sign-in leads to where the policy misses something, and where other applications send people. */
export function setupRoutes(app: FastifyInstance, portal: Portal): void {
  const { world } = portal
  const deed = (path: string, act: Show) =>
    app.post(path, async (request, reply) => signedIn(portal, request, reply, act))

  app.get(SETUP, async (request, reply) =>
    fromElsewhere(portal, request, reply, 'setup', () =>
      signedIn(portal, request, reply, asked => showSetup(asked, null)),
    ),
  )
  app.get(`${SETUP}/no-phone`, async (request, reply) => signedIn(portal, request, reply, showNoPhone))
  deed(`${SETUP}/later`, async asked => {
    await dismissSetup(world, asked.ticket)
    return seeOther(asked.reply, '/security-info')
  })
  deed(`${SETUP}/confirm`, async asked => {
    await confirmReview(world, asked.ticket)
    return seeOther(asked.reply, SETUP)
  })
  deed(`${SETUP}/token`, async asked => {
    const { id = '' } = fieldsOf(asked.request)
    const { info } = await readSetup(world, asked.ticket)
    if (!info.held.some(held => held.id === id)) throw new AppError('not-found', 'There is no such method.')
    comeBack(asked)
    return seeOther(asked.reply, `/security-info/methods/${id}`)
  })
}

/** A return address leaves the address bar at once; one that is refused leads nowhere. */
export async function fromElsewhere(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  page: ReturnAddress['page'],
  show: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const taken = await takeReturn(portal, request, reply, page)
  if (taken === 'none') return show()
  if (taken === 'taken') return seeOther(reply, page === 'setup' ? SETUP : '/security-info')
  clearCookies(portal, reply, 'application')
  const context = await pageContext(portal, request, reply)
  return sendPage(reply, 400, renderPage(<RefusedReturnPage page={context} />))
}

/** Once: what is added, cancelled or refused next leads back to setup in place of the list. */
export const comeBack = ({ portal, reply }: Asked): void => writeCookie(portal, reply, 'setup', 'yes')

export const isComingBack = ({ portal, request }: Asked): boolean =>
  readCookie(portal, request, 'setup') !== null

/** Before the list: back to setup, and where the policy lets nobody past it, to setup first. */
export async function beforeList(asked: Asked): Promise<FastifyReply | null> {
  const { portal, reply, ticket } = asked
  if (isComingBack(asked)) {
    clearCookies(portal, reply, 'setup')
    return seeOther(reply, SETUP)
  }
  if ((await settingsOf(portal)).registration.dismissible) return null
  const { isDue, setup } = await readSetup(portal.world, ticket)
  return isDue && setup.asks === 'register' ? seeOther(reply, SETUP) : null
}

export async function showSetup(asked: Asked, problem: FormProblem | null): Promise<FastifyReply> {
  const { portal, request, reply, ticket } = asked
  if (isComingBack(asked)) clearCookies(portal, reply, 'setup')
  const view = await readSetup(portal.world, ticket)
  const page = await contextOf(asked)
  const Page = pageFor(view)
  const props = { page, view, problem, back: returnAddressOf(portal, request) }
  return sendPage(reply, problem ? statusOf(problem) : 200, renderPage(<Page {...props} />))
}

function pageFor({ setup, blocked }: SetupView): (props: SetupProps) => ReturnType<typeof SetupPage> {
  if (blocked !== null || setup.asks === 'nothing') return SetupDonePage
  return setup.asks === 'register' ? SetupPage : ReviewPage
}

async function showNoPhone(asked: Asked): Promise<FastifyReply> {
  const { portal, reply, ticket } = asked
  const view = await readSetup(portal.world, ticket)
  if (view.blocked !== null || view.setup.asks !== 'register') return seeOther(reply, SETUP)
  const page = await contextOf(asked)
  const hasTokens = page.settings.methods.includes('hardware_code')
  const props = { page, view, problem: null, back: null, hasTokens }
  return sendPage(reply, 200, renderPage(<NoPhonePage {...props} />))
}
