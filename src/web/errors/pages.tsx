import type { Instant } from '../../lib/clock.ts'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'

/** The problem types of `design/api.md` that get a page of their own. */
export type ProblemPageKind =
  | 'invalid_input'
  | 'bot_check_failed'
  | 'not_found'
  | 'wrong_step'
  | 'too_large'
  | 'too_many'
  | 'not_now'
  | 'internal'

type ProblemPageProps = {
  readonly page: PageContext
  readonly kind: ProblemPageKind
  /** With `too_many`: when it is worth another try; coarse. */
  readonly until?: Instant
  /** A reset of this browser goes on: back to it, not to the start. */
  readonly hasReset?: boolean
}

/** Says nothing about anybody's state: the same for a login that exists and for one that does not (ENU-10). */
export function ProblemPage({ page, kind, until, hasReset }: ProblemPageProps) {
  const { texts } = page
  return (
    <Layout page={page} title={texts.t(`page.error.title_${kind}`)} hasProblem>
      <p class="lead">{texts.t(`page.error.${kind}`)}</p>
      {until !== undefined && (
        <p>
          <Sentence text={texts.t('page.error.until', { time: SLOT })}>
            <TimeOfDay page={page} at={until} />
          </Sentence>
        </p>
      )}
      <HumanAsNextStep page={page} />
      <p class="actions">
        <a class="button primary" href={hasReset ? '/reset' : '/'}>
          {texts.t(hasReset ? 'page.error.back' : 'page.error.start')}
        </a>
      </p>
    </Layout>
  )
}
