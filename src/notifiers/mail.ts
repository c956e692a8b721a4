import type { Help } from '../help.ts'
import type { Texts } from '../lib/texts.ts'
import type { Messages } from '../messages.ts'
import type { Message } from '../notifier.ts'
import type { Voice } from './letter.ts'
import { letterOf } from './letters.ts'
import { htmlOf } from './mail-shell.ts'
import { textOf } from './mail-text.ts'

/** What the organisation and the deployment add to every mail. `locale` is where nothing else is known. */
export type MailContext = {
  readonly texts: Texts<Messages>
  /** An origin without a trailing slash; links use it alone (EML-02). */
  readonly publicUrl: string
  readonly organisation: { readonly name: string; readonly locale: string; readonly timeZone: string }
  readonly help: Help
}

export type RenderedMail = {
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly locale: string
}

/**
 * A message in a language, as subject, text and HTML with the same content. Nothing in it loads anything from
 * anywhere (EML-04); the subject never holds a code. A locale that we do not speak gets the organisation's.
 */
export function renderMail(message: Message, locale: string, context: MailContext): RenderedMail {
  const { texts, organisation } = context
  const spoken = texts.pick({ remembered: locale, fallback: organisation.locale })
  const voice: Voice = {
    phrases: texts.for(spoken, organisation.timeZone),
    organisation: organisation.name,
    publicUrl: context.publicUrl,
    help: context.help,
  }
  const letter = letterOf(message, voice)
  return { subject: letter.subject, text: textOf(letter, voice), html: htmlOf(letter, voice), locale: spoken }
}
