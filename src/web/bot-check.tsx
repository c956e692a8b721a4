import type { ComponentChildren } from 'preact'
import type { BotChallenge, HostedKind, Widget } from '../bot-check.ts'
import type { Instant } from '../lib/clock.ts'
import { Sentence, SLOT, TimeOfDay } from './moment.tsx'
import type { PageContext } from './page.ts'

/** For the page without script: what its button sends, and from when it is good. */
export type Ticket = { readonly value: string; readonly readyAt: Instant }

/** What a page with a bot check gets from `botCheckOf`, and hands on to its form. */
export type BotCheckParts = {
  readonly botCheck: BotChallenge
  /** For the page without script; null where the organisation asks no bot check. */
  readonly ticket: Ticket | null
  /** Of a hosted check whose provider answers; null for any other. */
  readonly widget: Widget | null
}

/** By whose name people know them. */
const PROVIDERS: Readonly<Record<HostedKind, string>> = {
  turnstile: 'Cloudflare',
  hcaptcha: 'hCaptcha',
  recaptcha: 'Google',
}

/** What `browser/bot-check.ts` or `browser/hosted-check.ts` works from; it stands on the form. */
export function botCheckData(page: PageContext, { botCheck, widget }: BotCheckParts) {
  if (botCheck.kind === 'altcha')
    return {
      'data-bot-check': JSON.stringify(botCheck),
      'data-bot-check-worker': page.assets.botCheckWorker,
    }
  if (!widget) return {}
  return {
    'data-hosted-check': JSON.stringify(botCheck),
    'data-hosted-check-script': widget.script,
    'data-hosted-check-action': widget.action ?? undefined,
  }
}

/** The script that solves it; a page that only the ticket can open needs none. */
export function botCheckScripts({ assets }: PageContext, { botCheck, widget }: BotCheckParts): string[] {
  if (botCheck.kind === 'altcha') return [assets.botCheck]
  return widget ? [assets.hostedCheck] : []
}

type BotCheckProps = {
  readonly page: PageContext
  readonly parts: BotCheckParts
  readonly children: ComponentChildren
}

/**
 * The button of a form that asks whether a person presses it. The script solves the check meanwhile, takes the ticket
 * off the button and sends the solution; without script the page says from when the ticket is good (decisions 1.12). A
 * hosted check whose provider does not answer leaves a page that works like the one without script.
 */
export function BotCheckSubmit({ page, parts, children }: BotCheckProps) {
  const { botCheck, ticket, widget } = parts
  const isSolved = botCheck.kind === 'altcha' || widget !== null
  const from = ticket && <TicketNote page={page} ticket={ticket} />
  return (
    <>
      {isSolved ? from && <noscript>{from}</noscript> : from}
      {widget && <HostedWidget page={page} kind={botCheck.kind} />}
      <button type="submit" class="primary" {...(ticket ? { name: 'bot_check', value: ticket.value } : {})}>
        {children}
      </button>
      {isSolved && <BotCheckStatus page={page} />}
    </>
  )
}

const TicketNote = ({ page, ticket }: { page: PageContext; ticket: Ticket }) => (
  <p class="note">
    <Sentence text={page.texts.t('page.bot_check.ticket', { time: SLOT })}>
      <TimeOfDay page={page} at={ticket.readyAt} seconds />
    </Sentence>
  </p>
)

/** The place of the widget, and who is asked: nobody's browser goes elsewhere unsaid (PRV-05). */
const HostedWidget = ({ page: { texts }, kind }: { page: PageContext; kind: BotChallenge['kind'] }) => (
  <div class="hosted-check" data-hosted-check-place hidden>
    <p class="hint">
      {texts.t('page.bot_check.hosted', {
        provider: kind === 'altcha' || kind === 'none' ? '' : PROVIDERS[kind],
      })}
    </p>
  </div>
)

const BotCheckStatus = ({ page: { texts } }: { page: PageContext }) => (
  <p
    class="bot-check"
    role="status"
    data-bot-check-status
    data-text-working={texts.t('page.bot_check.working')}
    data-text-asked={texts.t('page.bot_check.asked')}
    data-text-done={texts.t('page.bot_check.done')}
    data-text-failed={texts.t('page.bot_check.failed')}
  />
)
