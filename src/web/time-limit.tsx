import type { Instant } from '../lib/clock.ts'
import { Form } from './forms.tsx'
import { Sentence, SLOT, TimeOfDay } from './moment.tsx'
import type { PageContext } from './page.ts'

type LimitProps = {
  readonly page: PageContext
  readonly endsAt: Instant
  /** Where a press asks for more time; null: there is none. */
  readonly more: string | null
  /** The page that more time leads back to, where its address is not that of `more`. */
  readonly from?: string
  /** Where the page leads when it is over. */
  readonly after: string
}

/**
 * A time of day, and more by one press (decisions 1.11). A script hides the button until two minutes before the end, and
 * then asks without losing what was typed; without script it is always there.
 */
export function TimeLimit({ page, endsAt, more, from, after }: LimitProps) {
  const { texts, now } = page
  const at = <TimeOfDay page={page} at={endsAt} />
  return (
    <div class="limit" data-limit={Math.max(0, endsAt - now)} data-limit-after={after}>
      <p role="status">
        <span data-limit-long>
          <Sentence text={texts.t('page.limit.until', { time: SLOT })}>{at}</Sentence>
        </span>
        <span data-limit-soon hidden>
          <Sentence text={texts.t('page.limit.soon', { time: SLOT })}>{at}</Sentence>
        </span>
      </p>
      {more !== null && (
        <Form page={page} action={more}>
          {from !== undefined && <input type="hidden" name="from" value={from} />}
          <button type="submit" class="quiet">
            {texts.t('page.limit.more')}
          </button>
        </Form>
      )}
    </div>
  )
}
