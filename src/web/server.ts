import type { Server } from 'node:http'
import cookie from '@fastify/cookie'
import files from '@fastify/static'
import swagger from '@fastify/swagger'
import { type FastifyInstance, fastify } from 'fastify'
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'
import { agentRoutes } from './agents.ts'
import { apiRoutes } from './api/routes.ts'
import { answerBadAddress, answerBadFraming, noteAtBorder } from './border.ts'
import { changeRoutes } from './change/routes.tsx'
import { showProblem } from './errors/show.tsx'
import { parseFields, parseQuery } from './form-body.ts'
import { fieldsOf } from './form-fields.ts'
import { answerUnknownRoutes, guard } from './guards.ts'
import { healthRoutes } from './health.ts'
import { noticeRoutes } from './notice/routes.tsx'
import type { Portal } from './portal.ts'
import { logUnexpected, problemOf, sendProblem } from './problem.ts'
import { resetRoutes } from './reset/routes.ts'
import { securityInfoRoutes } from './security-info/routes.tsx'
import { securityText } from './security-text.ts'
import { isOwnForm } from './session.ts'
import { passRoutes } from './sign-in/pass-routes.tsx'
import { signInRoutes } from './sign-in/routes.tsx'
import { parseStrictJson } from './strict-json.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly postern: Portal
  }
}

/** A public body holds a form; more is refused before it is read (DOS-01, security.md Default numbers). */
const BODY_BYTES_MAX = 16 * 1024
/** Slow clients are let go long before they can fill the server (DOS-03). */
const HEADERS_MS = 10_000
const REQUEST_MS = 20_000
const CONNECTIONS_CHECK_MS = 2_000
const KEEP_ALIVE_MS = 15_000
const HEADER_BYTES_MAX = 16 * 1024
/** Open connections from one address that is no proxy of ours. */
const CONNECTIONS_PER_SOURCE_MAX = 256

export type Tls = { readonly cert: string; readonly key: string }

/** The portal and the API as one server that does not listen yet. `more`: further pages, the demo's. */
export async function createServer(
  portal: Portal,
  tls: Tls | null,
  more?: (app: FastifyInstance) => Promise<void>,
): Promise<FastifyInstance> {
  const app = fastify(serverOptions(portal, tls))
  app.decorate('postern', portal)
  app.server.headersTimeout = HEADERS_MS
  capConnections(app.server as Server, portal)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(cookie)
  guard(app, portal)
  answerErrors(app, portal)
  answerUnknownRoutes(app)
  await app.register(swagger, { openapi: apiDocument(portal), transform: jsonSchemaTransform })
  await app.register(files, {
    root: portal.assetsFolder,
    prefix: '/assets/',
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
    index: false,
    wildcard: true,
  })
  healthRoutes(app, portal)
  app.get('/.well-known/security.txt', { schema: { hide: true } }, securityText(portal))
  if (portal.agentDesk) agentRoutes(app, portal, portal.agentDesk)
  await app.register(async api => jsonOnly(api, portal), { prefix: '/api/v1' })
  await app.register(async pages => formsOnly(pages, portal))
  if (more) await app.register(more)
  await app.ready()
  return app
}

const serverOptions = (portal: Portal, tls: Tls | null) => ({
  logger: false,
  bodyLimit: BODY_BYTES_MAX,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  trustProxy: [...portal.trustedProxies],
  frameworkErrors: answerBadAddress(portal),
  clientErrorHandler: answerBadFraming(portal),
  exposeHeadRoutes: true,
  routerOptions: {
    querystringParser: parseQuery,
    caseSensitive: true,
    ignoreTrailingSlash: false,
  },
  http: { maxHeaderSize: HEADER_BYTES_MAX, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
  ...(tls
    ? {
        https: {
          ...tls,
          minVersion: 'TLSv1.2',
          maxHeaderSize: HEADER_BYTES_MAX,
          connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
        },
      }
    : {}),
})

/** JSON in, JSON out; any other kind of body is 415 (WEB-03). */
function jsonOnly(app: FastifyInstance, portal: Portal): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => parseStrictJson(body),
  )
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  apiRoutes(app, portal)
}

/** Forms in, pages out. Every post proves that its form was ours, before any login too (WEB-01). */
function formsOnly(app: FastifyInstance, portal: Portal): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => parseFields(body),
  )
  app.addHook('preHandler', async request => {
    if (request.method !== 'POST' || isOwnForm(portal, request, fieldsOf(request)['form_token'])) return
    throw new AppError('invalid-input', 'This form is not from here, or cookies are switched off.')
  })
  app.addHook('onRoute', route => {
    route.schema = { ...route.schema, hide: true }
  })
  resetRoutes(app, portal)
  changeRoutes(app, portal)
  noticeRoutes(app, portal)
  signInRoutes(app, portal)
  passRoutes(app, portal)
  securityInfoRoutes(app, portal)
}

function answerErrors(app: FastifyInstance, portal: Portal): void {
  app.setErrorHandler(async (error, request, reply) => {
    const told = problemOf(error)
    logUnexpected(request, told, error)
    if (!request.is404) await noteAtBorder(portal, request.ip, told, error)
    const wantsPage = !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')
    return wantsPage ? showProblem(portal, request, reply, told) : sendProblem(reply, told)
  })
}

function capConnections(server: Server, { trustedProxies, world }: Portal): void {
  const open = new Map<string, number>()
  server.on('connection', socket => {
    const source = socket.remoteAddress ?? ''
    const count = (open.get(source) ?? 0) + 1
    if (count > CONNECTIONS_PER_SOURCE_MAX && trustedProxies.length === 0) {
      world.log.warn('a source has too many connections open')
      socket.destroy()
      return
    }
    open.set(source, count)
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1
      if (left > 0) open.set(source, left)
      else open.delete(source)
    })
  })
}

const apiDocument = ({ publicUrl }: Portal) => ({
  openapi: '3.1.0' as const,
  info: { title: 'Postern', version: '1', description: 'A reset of a forgotten password, step by step.' },
  servers: [{ url: publicUrl }],
  components: {
    securitySchemes: {
      resetToken: {
        type: 'http' as const,
        scheme: 'bearer',
        description: 'The token that the start of the reset gave.',
      },
    },
  },
})
