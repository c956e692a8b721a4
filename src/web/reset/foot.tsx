import type { ResetView } from '../../actions/view.ts'
import { Form } from '../forms.tsx'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'

const IDLE_SECONDS = 600

type FootProps = { readonly page: PageContext; readonly view: ResetView; readonly hasLimit: boolean }

/** Below the card, always in this order: how long the page stays, more time, the way out. */
export const ResetFoot = ({ page, view, hasLimit }: FootProps) => (
  <div class="foot">
    {hasLimit && <TimeLimit page={page} view={view} />}
    {view.shared ? (
      <FinishForm page={page} isIdleLimited />
    ) : (
      hasLimit && (
        <Form page={page} action="/reset/cancel">
          <button type="submit" class="quiet">
            {page.texts.t('page.cancel')}
          </button>
        </Form>
      )
    )}
  </div>
)

/**
 * A time of day, and ten minutes more by one press (decisions 1.11). A script hides the button until two minutes
 * before the end, and then asks without losing what was typed; without script it is always there.
 */
function TimeLimit({ page, view }: { page: PageContext; view: ResetView }) {
  const { texts, now } = page
  const at = <TimeOfDay page={page} at={view.expiresAt} />
  return (
    <div class="limit" data-limit={Math.max(0, view.expiresAt - now)}>
      <p role="status">
        <span data-limit-long>
          <Sentence text={texts.t('page.limit.until', { time: SLOT })}>{at}</Sentence>
        </span>
        <span data-limit-soon hidden>
          <Sentence text={texts.t('page.limit.soon', { time: SLOT })}>{at}</Sentence>
        </span>
      </p>
      {view.extensionsLeft > 0 && (
        <Form page={page} action="/reset/extension">
          <button type="submit" class="quiet">
            {texts.t('page.limit.more')}
          </button>
        </Form>
      )}
    </div>
  )
}

/** Clears everything on a shared computer; a script presses it after ten idle minutes (decisions 1.10). */
export const FinishForm = ({ page, isIdleLimited }: { page: PageContext; isIdleLimited?: boolean }) => (
  <Form
    page={page}
    action="/finish"
    data={{ 'data-finish-idle': isIdleLimited ? String(IDLE_SECONDS) : undefined }}
  >
    <button type="submit" class={isIdleLimited ? 'quiet' : 'primary'}>
      {page.texts.t('page.finish')}
    </button>
  </Form>
)

/** On a shared computer without script: ten idle minutes, and everything is cleared (decisions 1.10). */
export const leavesWhenIdle = ({
  shared,
}: Pick<ResetView, 'shared'>): { leaveAfter?: { seconds: number; to: string } } =>
  shared ? { leaveAfter: { seconds: IDLE_SECONDS, to: '/finish' } } : {}
