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

/** Stands in a message for an element; from the private use area, so that no translator and no name contains it. */
export const SLOT = '\ue000'

/** A message whose blank was filled with `SLOT`: the element goes where the slot stands. */
export function Sentence({ text, children }: { text: string; children: ComponentChildren }) {
  const at = text.indexOf(SLOT)
  if (at < 0) return <>{text}</>
  return (
    <>
      {text.slice(0, at)}
      {children}
      {text.slice(at + SLOT.length)}
    </>
  )
}
