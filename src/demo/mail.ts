import { currentSettings } from '../actions/current-settings.ts'
import type { MailParts } from '../cmd/wire.ts'
import type { Clock } from '../lib/clock.ts'
import type { Notifier } from '../notifier.ts'
import { type DemoMailbox, demoMailbox } from '../notifiers/demo.ts'
import { type RenderedMail, renderMail } from '../notifiers/mail.ts'
import { DEMO_HELP } from './deployment.ts'

/** The mailbox on the demo's page. It is connected when the world has its texts and its store. */
export function createDemoMail(
  clock: Clock,
  publicUrl: string,
): { mailbox: DemoMailbox; connect: (parts: MailParts) => Notifier } {
  let parts: MailParts | null = null
  const render = async (
    ...[message, locale]: Parameters<Parameters<typeof demoMailbox>[1]>
  ): Promise<RenderedMail> => {
    if (!parts) throw new Error('the mailbox is not connected')
    const { organisation } = await parts.store.read(currentSettings)
    return renderMail(message, locale, { texts: parts.texts, publicUrl, organisation, help: DEMO_HELP })
  }
  const mailbox = demoMailbox(clock, render)
  const connect = (given: MailParts): Notifier => {
    parts = given
    return mailbox
  }
  return { mailbox, connect }
}
