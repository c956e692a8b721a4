import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { methodContext } from '../actions/options.ts'
import { type IssuedPass, issuePass } from '../actions/passes.ts'
import type { World } from '../actions/world.ts'
import { AppError } from '../errors.ts'
import { deadline, toRfc3339 } from '../lib/clock.ts'
import { importedTotp, shownCode } from '../methods/totp.ts'
import type { DemoMailbox } from '../notifiers/demo.ts'
import { PASS_MINUTES } from '../pass.ts'
import { pageContext, queryOf } from '../web/context.ts'
import { parseFields } from '../web/form-body.ts'
import { fieldsOf } from '../web/form-fields.ts'
import { renderPage } from '../web/layout.tsx'
import type { Portal } from '../web/portal.ts'
import { isOwnForm } from '../web/session.ts'
import { type DemoAccount, demoAccounts, type Passwords } from './accounts.ts'
import { DemoPage } from './pages.tsx'
import type { Code } from './person-card.tsx'

export type DemoParts = {
  readonly portal: Portal
  readonly passwords: Passwords
  readonly mailbox: DemoMailbox
  readonly script: string
}

const signInBody = z.strictObject({ login: z.string().max(256), password: z.string().max(1_024) })
const SIGN_IN_MS = 10_000

/** The demo's windows (`design/api.md`). They exist in the demo's build alone. */
export function demoRoutes(app: FastifyInstance, { portal, passwords, mailbox, script }: DemoParts): void {
  const { world } = portal
  app.addHook('onRoute', route => {
    route.schema = { ...route.schema, hide: true }
  })

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => parseFields(body),
  )

  /** The last pass of each, shown as long as it lasts. */
  const passes = new Map<string, IssuedPass>()
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    noPass: string | null,
  ): Promise<FastifyReply> => {
    const page = await pageContext(portal, request, reply)
    const accounts = await demoAccounts(world, passwords)
    const { key } = queryOf(request)
    const props = {
      page,
      script,
      accounts: accounts.map(account => ({
        ...account,
        app: appOf(world, account),
        shown: tokenOf(world, account),
        pass: standing(world, passes.get(account.login)),
      })),
      messages: mailbox.messages(),
      authenticator: key === undefined ? null : { key, shown: codeOf(world, key) },
      noPass,
    }
    return reply.type('text/html; charset=utf-8').send(renderPage(<DemoPage {...props} />))
  }
  app.get('/demo', async (request, reply) => show(request, reply, null))

  app.post('/demo/pass', async (request, reply) => {
    const { login = '', form_token: token } = fieldsOf(request)
    if (!isOwnForm(portal, request, token)) throw new AppError('invalid-input', 'This form is not from here.')
    const issued = await issuePass(world, login, PASS_MINUTES.default).catch(whyNone)
    if (typeof issued === 'string') return show(request, reply, issued)
    passes.set(issued.login, issued)
    return reply.redirect(`/demo#pockets-${issued.login}`, 303)
  })

  app.get('/demo/accounts', async () => demoAccounts(world, passwords))

  app.get('/demo/messages', async request => {
    const { to, after } = request.query as { to?: string; after?: string } // made by parseFields in server.ts
    const since = after === undefined ? Number.NEGATIVE_INFINITY : Date.parse(after)
    if (Number.isNaN(since)) throw new AppError('invalid-input', 'after is no time.')
    return mailbox
      .messages()
      .filter(message => (to === undefined || message.to === to) && message.at > since)
      .map(({ at, ...message }) => ({ ...message, at: toRfc3339(at) }))
  })

  app.post('/demo/sign-in', async (request, reply) => signIn(world, request, reply))
}

/** For an account that is disabled; no such login stands on the page. */
function whyNone(error: unknown): string {
  if (error instanceof AppError && error.code === 'wrong-step') return error.message
  throw error
}

/** Shows that the new password works and the old one does not. */
async function signIn(world: World, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { login, password } = signInBody.parse(request.body)
  const [directory] = world.directories
  const account = await directory?.find(login, deadline(SIGN_IN_MS))
  const answer =
    account && directory ? await directory.authenticate(account.ref, password, deadline(SIGN_IN_MS)) : 'no'
  return reply.code(answer === 'yes' ? 200 : 401).send({ signed_in: answer === 'yes' })
}

const standing = ({ clock }: World, pass: IssuedPass | undefined): IssuedPass | null =>
  pass && clock.now() < pass.until ? pass : null

/** What the display of the token shows. */
const tokenOf = (world: World, { token }: Pick<DemoAccount, 'token'>) => {
  if (!token) return null
  const secret = JSON.stringify({
    seed: token.totp_secret,
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    last: -1,
  })
  return { serial: token.serial, ...shownCode(secret, world.clock.now()) }
}

/** What an authenticator app shows for a key; null where no app would take it. */
function codeOf(world: World, key: string): Code | null {
  const secret = importedTotp(methodContext(world, ''), { secret: key })
  return secret === null ? null : shownCode(secret, world.clock.now())
}

const appOf = (world: World, { login, totp_secret: seed }: { login: string; totp_secret?: string }) => {
  if (seed === undefined) return null
  const secret = JSON.stringify({ seed, algorithm: 'SHA1', digits: 6, period: 30, last: -1 })
  return {
    ...shownCode(secret, world.clock.now()),
    uri: `otpauth://totp/Postern%20demo:${login}?secret=${seed}&issuer=Postern%20demo`,
  }
}
