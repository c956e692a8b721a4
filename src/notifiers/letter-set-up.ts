import { isolate } from '../lib/isolate.ts'
import type { Message } from '../notifier.ts'
import type { Piece, Voice } from './letter.ts'
import { paragraph } from './letter-facts.ts'

type SetUp = Extract<Message, { kind: 'set_up' }>

/** One link, and the same by hand: nobody should have to trust a link in a mail. It tells nothing of what they have. */
export function setUp(
  { isReminder }: SetUp,
  { phrases, organisation, publicUrl }: Voice,
): { readonly subject: string; readonly pieces: readonly Piece[] } {
  const address = isolate(`${new URL(publicUrl).host}/security-info`, phrases.dir)
  return {
    subject: phrases.t(isReminder ? 'mail.set_up.subject_again' : 'mail.set_up.subject', { organisation }),
    pieces: [
      paragraph(phrases.t('mail.set_up.intro', { organisation })),
      { kind: 'action', label: phrases.t('mail.set_up.button'), url: `${publicUrl}/security-info/setup` },
      paragraph(phrases.t('mail.set_up.by_hand', { address })),
    ],
  }
}
