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
  readonly children: ComponentChildren
}

/**
 * The button of a form that asks whether a person presses it. The script solves the check meanwhile, takes the ticket
 * off the button and sends the solution; without script the page says from when the ticket is good (decisions 1.12).
 */
export function BotCheckSubmit({ page, botCheck, ticket, children }: BotCheckProps) {
  const { texts } = page
  const isAsked = botCheck.kind !== 'none'
  return (
    <>
      {isAsked && ticket && (
        <noscript>
          <p class="note">
            <Sentence text={texts.t('page.bot_check.ticket', { time: SLOT })}>
              <TimeOfDay page={page} at={ticket.readyAt} seconds />
            </Sentence>
          </p>
        </noscript>
      )}
      <button
        type="submit"
        class="primary"
        {...(isAsked && ticket ? { name: 'bot_check', value: ticket.value } : {})}
      >
        {children}
      </button>
      {isAsked && (
        <p
          class="bot-check"
          role="status"
          data-bot-check-status
          data-text-working={texts.t('page.bot_check.working')}
          data-text-done={texts.t('page.bot_check.done')}
          data-text-failed={texts.t('page.bot_check.failed')}
        />
      )}
    </>
  )
}
