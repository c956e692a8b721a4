import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket } from '../actions/load.ts'
import { newId } from '../lib/random.ts'
import { isSecure, type Portal } from './portal.ts'

/** Everything a browser keeps for us. None of it opens anything but what it is named for. */
const COOKIES = {
  reset: 'postern-reset',
  session: 'postern-session',
  form: 'postern-form',
  known: 'postern-known',
  language: 'postern-language',
  returnTo: 'postern-return',
  notice: 'postern-notice',
  shared: 'postern-shared',
  /** A sign-in at the identity provider that is under way. */
  oidc: 'postern-oidc',
  /** The way back to the application that sent the person here. */
  application: 'postern-application',
  /** One method is being added for the setup page: once, back to it. */
  setup: 'postern-setup',
} as const
type CookieName = keyof typeof COOKIES

/**
 * Strict would be left out of the very redirect that sets it when the link was pressed in a mail on another site; and
 * a form cookie that is left out would be made anew, under the forms of pages that are open already. Its token, which
 * no other site can read, is what counts. Whoever comes back from the identity provider comes from another site, too.
 */
const LAX: readonly CookieName[] = [
  ...(['notice', 'form', 'session', 'application'] as const),
  ...(['oidc', 'known', 'language', 'shared'] as const),
]
const sameSiteOf = (name: CookieName): 'strict' | 'lax' => (LAX.includes(name) ? 'lax' : 'strict')

const YEAR_SECONDS = 365 * 86_400
/** How many accounts one browser may have proved (a family's tablet); the oldest is forgotten. */
const KNOWN_MAX = 5
const KNOWN_LIFE_MS = YEAR_SECONDS * 1000

const cookieName = (portal: Portal, name: CookieName): string =>
  `${isSecure(portal) ? '__Host-' : ''}${COOKIES[name]}`

export const readCookie = (portal: Portal, request: FastifyRequest, name: CookieName): string | null =>
  request.cookies[cookieName(portal, name)] ?? null

export function writeCookie(
  portal: Portal,
  reply: FastifyReply,
  name: CookieName,
  value: string,
  maxAgeSeconds?: number,
): void {
  reply.setCookie(cookieName(portal, name), value, {
    path: '/',
    httpOnly: true,
    sameSite: sameSiteOf(name),
    secure: isSecure(portal),
    ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
  })
}

export function clearCookies(portal: Portal, reply: FastifyReply, ...names: CookieName[]): void {
  for (const name of names)
    reply.clearCookie(cookieName(portal, name), {
      path: '/',
      httpOnly: true,
      sameSite: sameSiteOf(name),
      secure: isSecure(portal),
    })
}

/** As if this browser had never been here. */
export const forgetAll = (portal: Portal, reply: FastifyReply): void =>
  clearCookies(portal, reply, ...(Object.keys(COOKIES) as CookieName[])) // as: its own keys

type TicketCookie = 'reset' | 'session'

/** The same id and token as the API's, in one cookie; never in an address (house 6). */
export function ticketOf(
  portal: Portal,
  request: FastifyRequest,
  name: TicketCookie = 'reset',
): Ticket | null {
  const [id, token] = (readCookie(portal, request, name) ?? '').split('.')
  return id && token ? { id, token } : null
}

export const keepTicket = (
  portal: Portal,
  reply: FastifyReply,
  { id, token }: Ticket,
  name: TicketCookie = 'reset',
): void => writeCookie(portal, reply, name, `${id}.${token}`)

/**
 * The ticket of the reset that this press opens, made of the browser's own cookie and the bot check that it spends: the
 * second half of a double click finds the reset of the first. As secret as the cookie; null where none is spent.
 */
export function ticketOfPress(portal: Portal, request: FastifyRequest, botCheck: string): Ticket | null {
  const id = readCookie(portal, request, 'form')
  if (id === null || portal.world.botCheck.kind === 'none') return null
  const made = (part: string): string => portal.world.keys.pseudonym(`press ${part}`, `${id}\0${botCheck}`)
  return { id: made('id').slice(0, 22), token: (made('token') + made('more')).slice(0, 43) }
}

/** A token for every form, bound to this browser by a cookie, before any login too (WEB-01). */
export function formToken(portal: Portal, request: FastifyRequest, reply: FastifyReply): string {
  const id = readCookie(portal, request, 'form') ?? newId(portal.world.random)
  if (readCookie(portal, request, 'form') === null) writeCookie(portal, reply, 'form', id)
  return portal.world.keys.digest('form', id)
}

export function isOwnForm(portal: Portal, request: FastifyRequest, token: string | undefined): boolean {
  const id = readCookie(portal, request, 'form')
  return id !== null && token !== undefined && portal.world.keys.matches(token, 'form', id)
}

type Known = readonly { readonly subject: string; readonly at: number }[]

/** Accounts that this browser proved before, by pseudonym, signed (decisions 2.1). */
function knownAccounts(portal: Portal, request: FastifyRequest): Known {
  const signed = readCookie(portal, request, 'known')
  const text =
    signed === null || signed.length > 2_048 ? null : portal.world.keys.verify('known browser', signed)
  if (text === null) return []
  const now = portal.world.clock.now()
  // Only our own signature gets here, so the text is what rememberAccount wrote.
  return (JSON.parse(text) as Known).filter(({ at }) => now - at < KNOWN_LIFE_MS)
}

export const provedBefore =
  (portal: Portal, request: FastifyRequest) =>
  (subject: string): boolean =>
    knownAccounts(portal, request).some(known => known.subject === subject)

export function rememberAccount(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  subject: string,
): void {
  const others = knownAccounts(portal, request).filter(known => known.subject !== subject)
  const known = [{ subject, at: portal.world.clock.now() }, ...others].slice(0, KNOWN_MAX)
  writeCookie(
    portal,
    reply,
    'known',
    portal.world.keys.sign('known browser', JSON.stringify(known)),
    YEAR_SECONDS,
  )
}

/** The language that was chosen here, for the next visit; not on a shared computer. */
export const rememberLanguage = (portal: Portal, reply: FastifyReply, locale: string): void =>
  writeCookie(portal, reply, 'language', locale, YEAR_SECONDS)
