import type { Rule } from '../../account.ts'
import { type BotCheckParts, BotCheckSubmit, botCheckData, botCheckScripts } from '../bot-check.tsx'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import { NewPasswordFields } from '../reset/password.tsx'
import { LoginField } from '../reset/start.tsx'

export type ChangeProps = {
  readonly page: PageContext
  readonly login: string
  readonly loginExample: string
  /** Our own rules: nobody is signed in, so no directory is asked for an account's. */
  readonly rules: readonly Rule[] | null
  readonly problem: FormProblem | null
  /** A sign-in led here, because the password that was right is out of date. */
  readonly isExpired?: boolean
} & BotCheckParts

const FIELDS: Partial<Record<FormProblem['kind'], string>> = {
  login_missing: 'login',
  login_malformed: 'login',
  old_missing: 'old',
  old_wrong: 'old',
  password_missing: 'password',
  passwords_differ: 'password',
  refused: 'password',
}

/** A new password with the old one, an expired one included (decisions 1.7). */
export function ChangePage(props: ChangeProps) {
  const { page, problem } = props
  const { texts } = page
  const field = problem ? FIELDS[problem.kind] : undefined
  return (
    <Layout
      page={page}
      title={texts.t('page.change.title')}
      path="/change"
      hasProblem={problem !== null}
      scripts={[...botCheckScripts(page, props), page.assets.password]}
    >
      {props.isExpired ? (
        <p class="note">{texts.t('page.change.expired')}</p>
      ) : (
        <p class="lead">{texts.t('page.change.intro')}</p>
      )}
      <ProblemSummary page={page} problem={problem} {...(field ? { field } : {})} withHuman />
      <Form page={page} action="/change" data={{ 'data-password-form': '', ...botCheckData(page, props) }}>
        <LoginField
          page={page}
          login={props.login}
          example={props.loginExample}
          isWrong={field === 'login'}
        />
        <Field
          id="old"
          label={texts.t('page.change.old')}
          isWrong={field === 'old'}
          input={{ type: 'password', autocomplete: 'current-password', required: true }}
        />
        <NewPasswordFields page={page} rules={props.rules} isWrong={field === 'password'} />
        <BotCheckSubmit page={page} parts={props}>
          {texts.t('page.change.submit')}
        </BotCheckSubmit>
      </Form>
      <p class="after">
        <a href="/">{texts.t('page.change.forgotten')}</a>
      </p>
    </Layout>
  )
}

export const ChangeDonePage = ({ page, signInUrl }: { page: PageContext; signInUrl: string | null }) => (
  <Layout page={page} title={page.texts.t('page.change.done_title')}>
    <p class="lead success">{page.texts.t('page.change.done')}</p>
    <h2>{page.texts.t('page.done.next')}</h2>
    <ol class="next">
      <li>{page.texts.t('page.done.devices')}</li>
      <li>{page.texts.t('page.done.computer')}</li>
      <li>{page.texts.t('page.done.sessions')}</li>
    </ol>
    <p class="hint">{page.texts.t('page.done.told')}</p>
    {signInUrl && (
      <p class="actions">
        <a class="button primary" href={signInUrl} rel="noreferrer">
          {page.texts.t('page.done.sign_in')}
        </a>
      </p>
    )}
    <p class="after">
      <a href="/security-info">{page.texts.t('page.start.security_info')}</a>
    </p>
  </Layout>
)

/** The directory's answer was lost (decisions 1.5). There is no reset to look at, so a message tells the outcome. */
export const ChangeUncertainPage = ({ page }: { page: PageContext }) => (
  <Layout page={page} title={page.texts.t('page.waiting.title_uncertain')} path="/change">
    <p class="lead">{page.texts.t('page.change.uncertain')}</p>
    <p>{page.texts.t('page.waiting.do_not_start_again')}</p>
    <p>{page.texts.t('page.waiting.cannot_wait')}</p>
    <HumanAsNextStep page={page} />
  </Layout>
)
