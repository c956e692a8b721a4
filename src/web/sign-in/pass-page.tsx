import { type BotCheckParts, BotCheckSubmit, botCheckData, botCheckScripts } from '../bot-check.tsx'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import { LoginField } from '../reset/start.tsx'
import { SharedComputer } from '../shared-computer.tsx'

export type PassProps = {
  readonly page: PageContext
  readonly login: string
  readonly loginExample: string
  readonly shared: boolean
  readonly problem: FormProblem | null
} & BotCheckParts

const FIELDS: Partial<Record<FormProblem['kind'], string>> = {
  login_missing: 'login',
  login_malformed: 'login',
  pass_missing: 'pass',
  pass_wrong: 'pass',
}

/** With a temporary pass, for people who have nothing yet, or nothing any more (decisions 3.12). */
export function PassPage(props: PassProps) {
  const { page, problem } = props
  const { texts } = page
  const field = problem ? FIELDS[problem.kind] : undefined
  return (
    <Layout
      page={page}
      title={texts.t('page.pass.title')}
      path="/sign-in/pass"
      hasProblem={problem !== null}
      scripts={botCheckScripts(page, props)}
    >
      <p class="lead">{texts.t('page.pass.intro')}</p>
      <ProblemSummary page={page} problem={problem} {...(field ? { field } : {})} withHuman />
      <Form page={page} action="/sign-in/pass" data={botCheckData(page, props)}>
        <LoginField
          page={page}
          login={props.login}
          example={props.loginExample}
          isWrong={field === 'login'}
        />
        <Field
          id="pass"
          label={texts.t('page.pass.label')}
          hint={texts.t('page.pass.hint')}
          isWrong={field === 'pass'}
          input={{
            class: 'code long',
            type: 'text',
            dir: 'ltr',
            autocomplete: 'one-time-code',
            autocapitalize: 'characters',
            autocorrect: 'off',
            spellcheck: false,
            maxlength: 64,
            size: 26,
            required: true,
          }}
        />
        <SharedComputer page={page} isShared={props.shared} hint="page.sign_in.shared_hint" />
        <BotCheckSubmit page={page} parts={props}>
          {texts.t('page.sign_in.submit')}
        </BotCheckSubmit>
      </Form>
      <p class="after">
        <a href="/sign-in">{texts.t('page.pass.password')}</a>
      </p>
    </Layout>
  )
}
