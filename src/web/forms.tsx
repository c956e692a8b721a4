import type { ComponentChildren } from 'preact'
import type { ChangeRefusal } from '../actions/change-own.ts'
import type { Refusal } from '../directory.ts'
import type { Instant } from '../lib/clock.ts'
import { HumanAsNextStep } from './help.tsx'
import { Sentence, SLOT, TimeOfDay } from './moment.tsx'
import type { PageContext } from './page.ts'

/** What a form is shown again for. None tells more than the answer itself did (ENU-08, ENU-10). */
export type FormProblem =
  | {
      readonly kind:
        | 'login_missing'
        | 'login_malformed'
        | 'bot_check_failed'
        | 'answer_missing'
        | 'answer_wrong'
        | 'answers_missing'
        | 'answers_wrong'
        | 'answers_weak'
        | 'question_twice'
        | 'passkey_missing'
        | 'passkey_wrong'
        | 'method_missing'
        | 'old_missing'
        | 'old_wrong'
        | 'old_locked'
        | 'sign_in_wrong'
        | 'pass_missing'
        | 'pass_wrong'
        | 'password_missing'
        | 'passwords_differ'
        | 'wrong_step'
        | 'invalid_input'
    }
  | { readonly kind: 'too_many'; readonly until: Instant }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'change_refused'; readonly why: ChangeRefusal }

type FormProps = {
  readonly page: PageContext
  readonly action: string
  readonly id?: string
  readonly class?: string
  readonly data?: Readonly<Record<`data-${string}`, string | undefined>>
  readonly children: ComponentChildren
}

/** Every form of the portal posts, and carries the token that binds it to this browser (WEB-01). */
export const Form = ({ page, action, data, children, ...rest }: FormProps) => (
  <form method="post" action={action} noValidate {...rest} {...data}>
    <input type="hidden" name="form_token" value={page.formToken} />
    {children}
  </form>
)

type FieldProps = {
  readonly id: string
  readonly label: string
  readonly hint?: ComponentChildren
  readonly isWrong?: boolean
  /** Ids of further elements that describe the field. */
  readonly describedBy?: string
  readonly input: Readonly<Record<string, string | number | boolean | undefined>>
  readonly beside?: ComponentChildren
}

/** A label that is always there, an optional hint, one input; `id` is its name too. */
export function Field({ id, label, hint, isWrong, describedBy, input, beside }: FieldProps) {
  const described = [hint ? `${id}-hint` : '', describedBy ?? '', isWrong ? 'problem' : '']
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div class="box">
        <input
          id={id}
          name={id}
          aria-describedby={described.filter(Boolean).join(' ') || undefined}
          aria-invalid={isWrong ? 'true' : undefined}
          {...input}
        />
        {beside}
      </div>
    </div>
  )
}

type ProblemProps = {
  readonly page: PageContext
  readonly problem: FormProblem | null
  /** The field that mends it. */
  readonly field?: string
  readonly withHuman?: boolean
  readonly children?: ComponentChildren
}

/** What went wrong, read out at once and focused; the next step is a person (decisions 1.3). */
export function ProblemSummary({ page, problem, field, withHuman, children }: ProblemProps) {
  if (!problem) return null
  return (
    <div class="problem" id="problem" role="alert" tabIndex={-1} autofocus>
      <p class="what">
        {field ? <a href={`#${field}`}>{problemText(page, problem)}</a> : problemText(page, problem)}
      </p>
      {children}
      {withHuman && <HumanAsNextStep page={page} />}
    </div>
  )
}

function problemText(page: PageContext, problem: FormProblem): ComponentChildren {
  const { texts } = page
  switch (problem.kind) {
    case 'too_many':
      return (
        <Sentence text={texts.t('page.problem.too_many', { time: SLOT })}>
          <TimeOfDay page={page} at={problem.until} />
        </Sentence>
      )
    case 'refused':
      return refusalText(page, problem.refusal)
    case 'change_refused':
      return texts.t(`page.info.why.${problem.why}`)
    default:
      return texts.t(`page.problem.${problem.kind}`)
  }
}

/** The directory's or our own no, in words a person can act on (PWD-09). */
export function refusalText(
  { texts }: Pick<PageContext, 'texts'>,
  { reason, value, until }: Refusal,
): string {
  switch (reason) {
    case 'too_short':
      return value === undefined
        ? texts.t('page.refusal.too_short_somehow')
        : texts.t('page.refusal.too_short', { value })
    case 'too_long':
      return value === undefined
        ? texts.t('page.refusal.too_long_somehow')
        : texts.t('page.refusal.too_long', { value })
    case 'too_young':
      return until === undefined
        ? texts.t('page.refusal.too_young_somehow')
        : texts.t('page.refusal.too_young', { until })
    case 'not_allowed':
      // With a place it is the password that cannot be used, without one the account.
      return value === undefined
        ? texts.t('page.refusal.not_allowed')
        : texts.t('page.refusal.not_allowed_character', { value })
    default:
      return texts.t(`page.refusal.${reason}`)
  }
}
