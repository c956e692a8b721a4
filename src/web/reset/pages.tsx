import type { ResetView } from '../../actions/view.ts'
import type { Instant } from '../../lib/clock.ts'
import type { FormProblem } from '../forms.tsx'
import type { PageContext } from '../page.ts'
import { DonePage, FailedPage, type NextSteps, WaitingPage } from './ending.tsx'
import { PasswordPage } from './password.tsx'
import { ProvePage } from './prove.tsx'

export type ResetPageProps = {
  readonly page: PageContext
  readonly view: ResetView
  readonly problem: FormProblem | null
  readonly next: NextSteps
  readonly login?: string
  readonly tooYoungUntil?: Instant | null
}

/** The page of the state that a reset is in. */
export function ResetPage(props: ResetPageProps) {
  switch (props.view.state) {
    case 'proving':
      return <ProvePage {...props} />
    case 'password':
      return <PasswordPage {...props} />
    case 'writing':
    case 'uncertain':
      return <WaitingPage {...props} />
    case 'done':
      return <DonePage {...props} />
    case 'failed':
      return <FailedPage {...props} />
  }
}
