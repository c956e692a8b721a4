import type { Clock, Instant } from '../lib/clock.ts'
import type { Message, Notifier } from '../notifier.ts'
import type { RenderedMail } from './mail.ts'

/** A demo that runs for weeks must not fill the memory; nobody reads back further. */
const MESSAGES_MAX = 500

export type DemoMessage = {
  readonly channel: 'mail'
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly at: Instant
}

export type DemoMailbox = Notifier & {
  /** Newest last. */
  messages(): readonly DemoMessage[]
}

/** Mail that stays in memory, for the demo's own pages; rendered as real mail is. */
export function demoMailbox(
  clock: Clock,
  render: (message: Message, locale: string) => RenderedMail | Promise<RenderedMail>,
): DemoMailbox {
  const kept: DemoMessage[] = []
  return {
    channel: 'mail',
    send: async (message, { to, locale }) => {
      const { subject, text, html } = await render(message, locale)
      kept.push({ channel: 'mail', to, subject, text, html, at: clock.now() })
      if (kept.length > MESSAGES_MAX) kept.shift()
    },
    check: async () => true,
    close: async () => undefined,
    messages: () => kept,
  }
}
