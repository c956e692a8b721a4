import type { SecurityInfo } from '../../actions/security-info.ts'
import { PASS_SESSION_MS } from '../../session.ts'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'

type VerdictProps = { readonly page: PageContext; readonly info: SecurityInfo }

/** A pass opens a short sign-in, and whoever is here by one is told until when. */
export function PassNote({ page, info: { session } }: VerdictProps) {
  if (session.entry !== 'pass') return null
  return (
    <p class="note">
      <Sentence text={page.texts.t('page.info.by_pass', { time: SLOT })}>
        <TimeOfDay page={page} at={session.startedAt + PASS_SESSION_MS} />
      </Sentence>
    </p>
  )
}

/** Below the minimum the page says at once what is missing. */
export function Verdict({ page: { texts }, info }: VerdictProps) {
  if (info.heldUntil !== null)
    return <p class="note">{texts.t('page.info.on_hold', { until: texts.moment(info.heldUntil) })}</p>
  if (info.isEnough) return <p class="success">{texts.t('page.info.enough')}</p>
  const cooling = info.held.flatMap(({ countsFrom }) => countsFrom ?? [])
  const deciding = info.held.flatMap(({ decidesFrom }) => decidesFrom ?? [])
  return (
    <p class="note">
      {texts.t('page.info.missing', { gates: info.gates })}
      {cooling.length > 0 && ` ${texts.t('page.info.cooling', { at: texts.moment(Math.max(...cooling)) })}`}
      {deciding.length > 0 && ` ${texts.t('page.info.alone', { at: texts.moment(Math.min(...deciding)) })}`}
    </p>
  )
}
