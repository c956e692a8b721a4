import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { CONTENT_POLICY } from './content-policy.ts'
import { checkQuery } from './form-body.ts'
import { isSecure, type Portal } from './portal.ts'
import { createTurns } from './turns.ts'

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'permissions-policy': [
    'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'publickey-credentials-create=(self), publickey-credentials-get=(self)',
  ].join(', '),
}

const HSTS = 'max-age=31536000; includeSubDomains'
const SAFE = ['GET', 'HEAD', 'OPTIONS']

/** What holds for every request, before any route (WEB-01, WEB-05, WEB-07, WEB-08, WEB-09). */
export function guard(app: FastifyInstance, portal: Portal): void {
  const turn = createTurns()
  app.addHook('onRequest', async (request, reply) => {
    dress(portal, reply)
    if (!request.url.startsWith('/health/')) await turn()
    checkQuery(request)
    if (!isOwnHost(portal, request)) throw new AppError('invalid-input', 'This host is not served here.')
    if (!SAFE.includes(request.method) && !isSameSite(portal, request))
      throw new AppError('invalid-input', 'This request came from another site.')
  })
}

export function dress(portal: Portal, reply: FastifyReply): void {
  reply.headers(HEADERS)
  if (isSecure(portal)) reply.header('strict-transport-security', HSTS)
  reply.header('cache-control', 'no-store')
}

/** The one Host header, and no other: forwarded hosts have no say. */
const isOwnHost = (portal: Portal, request: FastifyRequest): boolean =>
  portal.hosts.includes((request.headers.host ?? '').toLowerCase())

/** Sec-Fetch-Site where the browser says it, else Origin. A client that sends neither carries a token instead. */
function isSameSite(portal: Portal, { headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  const { origin } = headers
  return (
    origin === undefined ||
    portal.hosts.some(host => origin === `http://${host}` || origin === `https://${host}`)
  )
}

/** Methods outside the list get 405 and say which are there (WEB-17). */
export function answerUnknownRoutes(app: FastifyInstance): void {
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?')
    const others = (['GET', 'POST', 'DELETE'] as const).filter(
      method => method !== request.method && app.findRoute({ url: path, method }) !== null,
    )
    if (others.length === 0) throw new AppError('not-found', 'There is nothing here.')
    reply.header('allow', others.join(', '))
    throw Object.assign(new Error('method not allowed'), { statusCode: 405 })
  })
}
