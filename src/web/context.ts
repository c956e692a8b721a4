import type { FastifyReply, FastifyRequest } from 'fastify'
import { currentSettings, isDear, networkOf } from '../actions/current-settings.ts'
import type { Caller } from '../actions/world.ts'
import type { BotChallenge, Widget } from '../bot-check.ts'
import { seconds } from '../lib/clock.ts'
import type { Settings } from '../settings.ts'
import type { Ticket } from './bot-check.tsx'
import { allowWidget } from './content-policy.ts'
import type { Language, PageContext } from './page.ts'
import type { Portal } from './portal.ts'
import { formToken, provedBefore, readCookie, rememberLanguage } from './session.ts'

/** The ticket of the page without script works after this long (decisions 1.12). */
const TICKET_AFTER_MS = seconds(20)

export const settingsOf = (portal: Portal): Promise<Settings> => portal.world.store.read(currentSettings)

/** Who asks, for the actions. A client of the API has no browser that could have proved anything. */
export const callerOf = (portal: Portal, request: FastifyRequest, isBrowser: boolean): Caller => ({
  source: request.ip,
  browser: browserName(request.headers['user-agent']),
  provedBefore: isBrowser ? provedBefore(portal, request) : () => false,
})

/** The family alone: enough for "a browser that I do not use". */
function browserName(agent: string | undefined): string | null {
  const families = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const
  const names = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' } as const
  const family = families.find(name => agent?.includes(`${name}/`))
  return family ? names[family] : null
}

type Query = Readonly<Record<string, string>>
export const queryOf = (request: FastifyRequest): Query => request.query as Query // made by parseFields in server.ts

/** `?mkt=` and `?lng=`, else what was chosen here before, else the browser's list, else the organisation's. */
export function localeOf(portal: Portal, request: FastifyRequest, settings: Settings): string {
  const { mkt, lng } = queryOf(request)
  return portal.texts.pick({
    mkt,
    lng,
    remembered: readCookie(portal, request, 'language') ?? undefined,
    acceptLanguage: request.headers['accept-language'],
    fallback: settings.organisation.locale,
  })
}

export async function pageContext(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  about: { reference?: string; isShared?: boolean; signIn?: PageContext['signIn'] } = {},
): Promise<PageContext & { readonly settings: Settings }> {
  const settings = await settingsOf(portal)
  const locale = localeOf(portal, request, settings)
  const { mkt, lng } = queryOf(request)
  if ((mkt || lng) && readCookie(portal, request, 'shared') === null) rememberLanguage(portal, reply, locale)
  return {
    settings,
    texts: portal.texts.for(locale, settings.organisation.timeZone),
    organisation: { name: settings.organisation.name },
    help: portal.world.help,
    reference: about.reference ?? null,
    formToken: formToken(portal, request, reply),
    path: request.url.split('?')[0] ?? '/',
    languages: languagesOf(portal),
    assets: portal.assets,
    now: portal.world.clock.now(),
    ...(about.isShared === undefined ? {} : { isShared: about.isShared }),
    ...(about.signIn === undefined ? {} : { signIn: about.signIn }),
    ...(portal.banner === undefined ? {} : { banner: portal.banner }),
  }
}

/** Each language by its own name. */
const languagesOf = (portal: Portal): Language[] =>
  portal.texts.locales.map(locale => ({ locale, name: ownName(locale) }))

/** Kept: every page lists them all, and to find one takes some fifty microseconds. */
const ownNames = new Map<string, string>()
function ownName(locale: string): string {
  const name =
    ownNames.get(locale) ?? new Intl.DisplayNames([locale], { type: 'language' }).of(locale) ?? locale
  ownNames.set(locale, name)
  return name
}

/**
 * The bot check of one page view, and its ticket for a browser without script. The page of a hosted one may load what
 * its widget needs; no other page may.
 */
export async function botCheckOf(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ botCheck: BotChallenge; ticket: Ticket | null; widget: Widget | null }> {
  const { botCheck, clock } = portal.world
  const now = clock.now()
  const dear = await portal.world.store.read(tx => isDear(portal.world, tx, request.ip))
  const ticket =
    botCheck.kind === 'none' ? null : { value: botCheck.ticket(now), readyAt: now + TICKET_AFTER_MS }
  const widget = botCheck.widget?.(now) ?? null
  if (widget) allowWidget(reply, widget)
  return { botCheck: await botCheck.challenge(now, dear), ticket, widget }
}

export const isSharedNetwork = (portal: Portal, request: FastifyRequest, settings: Settings): boolean =>
  networkOf(portal.world, settings, request.ip).sharedComputers
