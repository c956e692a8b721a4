import type { ComponentChildren } from 'preact'
import { type Instant, toRfc3339 } from '../lib/clock.ts'
import type { PageContext } from './page.ts'

/**
 * A time of day as an element, in the organisation's zone. A script shows it in the reader's own zone where that
 * one differs. `seconds` for waits of less than a minute.
 */
export const TimeOfDay = ({ page, at, seconds }: { page: PageContext; at: Instant; seconds?: boolean }) => (
  <time dateTime={toRfc3339(at)} data-time={seconds ? 'medium' : 'short'}>
    {seconds ? withSeconds(page, at) : page.texts.time(at)}
  </time>
)

const withSeconds = ({ texts }: PageContext, at: Instant): string =>
  new Intl.DateTimeFormat(texts.locale, { timeStyle: 'medium', timeZone: texts.timeZone }).format(at)

/** Stand in a message for elements; from the private use area, so that no translator and no name contains them. */
export const SLOT = '\ue000'
export const SECOND_SLOT = '\ue001'

/** A message whose blanks were filled with slots: the children go where the slots stand, in whatever order. */
export function Sentence({ text, children }: { text: string; children: ComponentChildren }) {
  const [first, second] = [children].flat()
  const parts = text.split(/([\ue000\ue001])/)
  return <>{parts.map(part => (part === SLOT ? first : part === SECOND_SLOT ? second : part))}</>
}
