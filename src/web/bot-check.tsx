import type { ComponentChildren } from 'preact'
import type { BotChallenge } from '../bot-check.ts'
import type { Instant } from '../lib/clock.ts'
import { Sentence, SLOT, TimeOfDay } from './moment.tsx'
import type { PageContext } from './page.ts'

/** For the page without script: what its button sends, and from when it is good. */
export type Ticket = { readonly value: string; readonly readyAt: Instant }

/** What `browser/bot-check.ts` works from; it stands on the form. */
export const botCheckData = (page: PageContext, botCheck: BotChallenge) =>
  botCheck.kind === 'none'
    ? {}
    : {
        'data-bot-check': JSON.stringify(botCheck),
        'data-bot-check-worker': page.assets.botCheckWorker,
      }

type BotCheckProps = {
  readonly page: PageContext
  readonly botCheck: BotChallenge
  readonly ticket: Ticket | null
}

/**
 * The script solves the check while the person types, and fills in `bot_check`. Without script the submit button
 * carries a ticket, and the page says from when it is good (decisions 1.12).
 */
export function BotCheckField({ page, botCheck, ticket }: BotCheckProps) {
  const { texts } = page
  if (botCheck.kind === 'none') return null
  return (
    <>
      <p
        class="bot-check"
        role="status"
        data-bot-check-status
        data-text-working={texts.t('page.bot_check.working')}
        data-text-done={texts.t('page.bot_check.done')}
        data-text-failed={texts.t('page.bot_check.failed')}
      />
      {ticket && (
        <noscript>
          <p class="note">
            <Sentence text={texts.t('page.bot_check.ticket', { time: SLOT })}>
              <TimeOfDay page={page} at={ticket.readyAt} seconds />
            </Sentence>
          </p>
        </noscript>
      )}
    </>
  )
}

/** With script the ticket is taken off the button, and the solution goes in its place. */
export const BotCheckSubmit = ({
  ticket,
  children,
}: {
  ticket: Ticket | null
  children: ComponentChildren
}) => (
  <button type="submit" class="primary" {...(ticket ? { name: 'bot_check', value: ticket.value } : {})}>
    {children}
  </button>
)
