import type { ResetView } from '../../actions/view.ts'
import { Form } from '../forms.tsx'
import type { PageContext } from '../page.ts'
import { TimeLimit } from '../time-limit.tsx'

const IDLE_SECONDS = 600

type FootProps = { readonly page: PageContext; readonly view: ResetView; readonly hasLimit: boolean }

/** Below the card, always in this order: how long the page stays, more time, the way out. */
export const ResetFoot = ({ page, view, hasLimit }: FootProps) => (
  <div class="foot">
    {hasLimit && (
      <TimeLimit
        page={page}
        endsAt={view.expiresAt}
        more={view.extensionsLeft > 0 ? '/reset/extension' : null}
        after="/reset"
      />
    )}
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
