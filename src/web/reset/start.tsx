import { type BotCheckParts, BotCheckSubmit, botCheckData, botCheckScripts } from '../bot-check.tsx'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import { SharedComputer } from '../shared-computer.tsx'

export type StartProps = {
  readonly page: PageContext
  /** As typed before, or from `?login=` and `?username=`. */
  readonly login: string
  readonly loginExample: string
  readonly mayUnlock: boolean
  readonly goal: 'password' | 'unlock'
  readonly shared: boolean
  readonly problem: FormProblem | null
} & BotCheckParts

const LOGIN_PROBLEMS: readonly FormProblem['kind'][] = ['login_missing', 'login_malformed']

/** The first page: who, what for, and is it a person. */
export function StartPage(props: StartProps) {
  const { page, problem } = props
  const { texts } = page
  const isLoginWrong = problem !== null && LOGIN_PROBLEMS.includes(problem.kind)
  return (
    <Layout
      page={page}
      title={texts.t('page.start.title')}
      step="account"
      path="/"
      hasProblem={problem !== null}
      scripts={botCheckScripts(page, props)}
      isStill={problem === null}
    >
      <p class="lead">{texts.t('page.start.intro')}</p>
      <ProblemSummary
        page={page}
        problem={problem}
        {...(isLoginWrong ? { field: 'login' } : {})}
        withHuman={!isLoginWrong}
      />
      <Form page={page} action="/reset" data={botCheckData(page, props)}>
        <LoginField page={page} login={props.login} example={props.loginExample} isWrong={isLoginWrong} />
        {props.mayUnlock && <GoalChoice page={page} goal={props.goal} />}
        <SharedComputer page={page} isShared={props.shared} hint="page.start.shared_hint" />
        <BotCheckSubmit page={page} parts={props}>
          {texts.t('page.start.submit')}
        </BotCheckSubmit>
      </Form>
      <p class="after">
        <a href="/sign-in">{texts.t('page.start.security_info')}</a>
      </p>
    </Layout>
  )
}

type LoginProps = {
  readonly page: PageContext
  readonly login: string
  readonly example: string
  readonly isWrong: boolean
}

export const LoginField = ({ page: { texts }, login, example, isWrong }: LoginProps) => (
  <>
    <Field
      id="login"
      label={texts.t('page.login.label')}
      hint={example && texts.t('page.login.example', { example })}
      isWrong={isWrong}
      input={{
        type: 'text',
        dir: 'ltr',
        autocomplete: 'username',
        autocapitalize: 'none',
        autocorrect: 'off',
        spellcheck: false,
        value: login || undefined,
        required: true,
      }}
    />
    <p class="after">
      <a href="/login-help">{texts.t('page.login.unknown')}</a>
    </p>
  </>
)

const GoalChoice = ({ page: { texts }, goal }: { page: PageContext; goal: StartProps['goal'] }) => (
  <fieldset class="choice">
    <legend>{texts.t('page.start.goal')}</legend>
    {(['password', 'unlock'] as const).map(value => (
      <label key={value} class="check">
        <input type="radio" name="goal" value={value} checked={goal === value} />
        <span>{texts.t(`page.start.goal.${value}`)}</span>
      </label>
    ))}
  </fieldset>
)
