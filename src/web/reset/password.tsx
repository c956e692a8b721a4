import type { Rule } from '../../account.ts'
import type { ResetView } from '../../actions/view.ts'
import type { Instant } from '../../lib/clock.ts'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import { leavesWhenIdle, ResetFoot } from './foot.tsx'

export type PasswordProps = {
  readonly page: PageContext
  readonly view: ResetView
  readonly problem: FormProblem | null
  /** For password managers; left out where it is not known. */
  readonly login?: string
  /** The directory takes no new password before: said before one is typed (decisions 1.7). */
  readonly tooYoungUntil?: Instant | null
}

/** All gates are passed: a new password, or the press that unlocks. */
export const PasswordPage = (props: PasswordProps) =>
  props.view.goal === 'unlock' ? <UnlockPage {...props} /> : <NewPasswordPage {...props} />

function NewPasswordPage({ page, view, problem, login, tooYoungUntil }: PasswordProps) {
  const { texts } = page
  const shown: FormProblem | null =
    problem ?? (view.refusal ? { kind: 'refused', refusal: view.refusal } : null)
  return (
    <Layout
      page={page}
      title={texts.t('page.password.title')}
      step="password"
      hasProblem={shown !== null}
      path="/reset"
      state={view.state}
      scripts={[page.assets.password]}
      foot={<ResetFoot page={page} view={view} hasLimit />}
      {...leavesWhenIdle(view)}
    >
      <ProblemSummary page={page} problem={shown} field="password" withHuman />
      {tooYoungUntil && <p class="note">{texts.t('page.password.too_young', { until: tooYoungUntil })}</p>}
      <Form page={page} action="/reset/password" data={{ 'data-password-form': '' }}>
        {/* Without a name it is not sent; password managers file the new password under it. */}
        {login && <input type="text" autocomplete="username" value={login} readOnly hidden />}
        <NewPasswordFields page={page} rules={view.rules} isWrong={shown !== null} />
        <button type="submit" class="primary">
          {texts.t('page.password.submit')}
        </button>
      </Form>
    </Layout>
  )
}

type FieldsProps = {
  readonly page: PageContext
  readonly rules: readonly Rule[] | null
  readonly isWrong: boolean
}

/** One hidden field with a show button; a second one until the script has shown what was typed (decisions 1.6). */
export function NewPasswordFields({ page, rules, isWrong }: FieldsProps) {
  const { texts } = page
  const input = {
    type: 'password',
    autocomplete: 'new-password',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: false,
    required: true,
  }
  return (
    <>
      <Field
        id="password"
        label={texts.t('page.password.label')}
        isWrong={isWrong}
        describedBy="rules"
        input={{ ...input, dir: 'auto', 'data-password': '' }}
        beside={
          <button
            type="button"
            class="show"
            hidden
            aria-pressed="false"
            aria-controls="password"
            data-show-password
            data-text-show={texts.t('page.password.show')}
            data-text-hide={texts.t('page.password.hide')}
          >
            {texts.t('page.password.show')}
          </button>
        }
      />
      <div
        class="strength"
        role="status"
        data-strength
        data-text-0={texts.t('page.strength.weak')}
        data-text-1={texts.t('page.strength.weak')}
        data-text-2={texts.t('page.strength.fair')}
        data-text-3={texts.t('page.strength.good')}
        data-text-4={texts.t('page.strength.strong')}
      />
      <RulesList page={page} rules={rules} />
      <div data-password-again>
        <Field id="password_again" label={texts.t('page.password.again')} input={input} />
      </div>
    </>
  )
}

/** Nobody types more by hand; whoever pastes more is told by the refusal (PWD-02). */
const LONG_ENOUGH = 128

const isWorthShowing = (rule: Rule): boolean =>
  rule.name !== 'min_age_ms' && !(rule.name === 'max_length' && rule.value >= LONG_ENOUGH)

/** The rules that are known; a script ticks those that a page can judge. */
function RulesList({ page, rules }: { page: PageContext; rules: readonly Rule[] | null }) {
  const { texts } = page
  const known = (rules ?? []).filter(isWorthShowing)
  return (
    <div class="rules" id="rules">
      <p>{texts.t(known.length > 0 ? 'page.rules.title' : 'page.rules.unknown')}</p>
      <ul data-rules data-text-met={texts.t('page.rules.met')} data-text-unmet={texts.t('page.rules.unmet')}>
        {known.map(rule => (
          <li key={rule.name} data-rule={rule.name} data-value={'value' in rule ? rule.value : undefined}>
            {ruleText(page, rule)}
          </li>
        ))}
      </ul>
      <p class="hint">{texts.t('page.rules.advice')}</p>
    </div>
  )
}

const ruleText = ({ texts }: PageContext, rule: Rule): string => {
  switch (rule.name) {
    case 'no_name':
    case 'not_banned':
    case 'not_breached':
      return texts.t(`page.rule.${rule.name}`)
    case 'min_age_ms':
      return ''
    default:
      return texts.t(`page.rule.${rule.name}`, { value: rule.value })
  }
}

const UnlockPage = ({ page, view, problem }: PasswordProps) => (
  <Layout
    page={page}
    title={page.texts.t('page.unlock.title')}
    step="password"
    hasProblem={problem !== null}
    path="/reset"
    state={view.state}
    foot={<ResetFoot page={page} view={view} hasLimit />}
    {...leavesWhenIdle(view)}
  >
    <ProblemSummary page={page} problem={problem} withHuman />
    <p>{page.texts.t('page.unlock.intro')}</p>
    <Form page={page} action="/reset/unlock">
      <button type="submit" class="primary">
        {page.texts.t('page.unlock.submit')}
      </button>
    </Form>
  </Layout>
)
