import { viewOfChallenge } from '../../actions/view.ts'
import type { Instant } from '../../lib/clock.ts'
import type { Session } from '../../session.ts'
import { type BotCheckParts, BotCheckSubmit, botCheckData, botCheckScripts } from '../bot-check.tsx'
import { AnswerHead, AskAgain, isOver } from '../challenge.tsx'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import { MethodButtons } from '../methods.tsx'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'
import { PromptForm, promptScripts } from '../prompts.tsx'
import { LoginField } from '../reset/start.tsx'
import { SharedComputer } from '../shared-computer.tsx'
import { OidcDoor } from './oidc-page.tsx'

export type SignInProps = {
  readonly page: PageContext
  readonly login: string
  readonly loginExample: string
  readonly shared: boolean
  readonly problem: FormProblem | null
  /** Signed in before, but too long ago for a change (ENR-01). */
  readonly isAgain: boolean
  /** The password alone opens nothing before this moment (decisions 3.4). */
  readonly closedUntil: Instant | null
  /** The organisation's identity provider; `only`: no password is asked for beside it. */
  readonly oidc?: { readonly host: string; readonly only: boolean } | null
} & BotCheckParts

const FIELDS: Partial<Record<FormProblem['kind'], string>> = {
  login_missing: 'login',
  login_malformed: 'login',
  password_missing: 'password',
  sign_in_wrong: 'password',
}

/** With the directory's password: the door to one's own security info. */
export function SignInPage(props: SignInProps) {
  const { page, problem, closedUntil, oidc } = props
  const { texts } = page
  const field = problem ? FIELDS[problem.kind] : undefined
  return (
    <Layout
      page={page}
      title={texts.t('page.sign_in.title')}
      path="/sign-in"
      hasProblem={problem !== null}
      scripts={[...botCheckScripts(page, props), page.assets.password]}
    >
      <p class="lead">{texts.t(props.isAgain ? 'page.sign_in.again' : 'page.sign_in.intro')}</p>
      {closedUntil !== null && (
        <p class="note">
          <Sentence text={texts.t('page.sign_in.later', { time: SLOT })}>
            <TimeOfDay page={page} at={closedUntil} />
          </Sentence>
        </p>
      )}
      <ProblemSummary page={page} problem={problem} {...(field ? { field } : {})} withHuman />
      {oidc && <OidcDoor page={page} host={oidc.host} shared={props.shared} />}
      {oidc?.only !== true && <PasswordForm {...props} field={field} />}
      <p class="after">
        <a href="/">{texts.t('page.sign_in.forgotten')}</a>
      </p>
      <p class="after">
        <a href="/sign-in/pass">{texts.t('page.sign_in.pass')}</a>
      </p>
    </Layout>
  )
}

/** The directory's own password; the second way where there is an identity provider. */
function PasswordForm(props: SignInProps & { readonly field: string | undefined }) {
  const { page, field } = props
  const { texts } = page
  return (
    <>
      {props.oidc && <h2>{texts.t('page.oidc.or_password')}</h2>}
      <Form page={page} action="/sign-in" data={botCheckData(page, props)}>
        <LoginField
          page={page}
          login={props.login}
          example={props.loginExample}
          isWrong={field === 'login'}
        />
        <Field
          id="password"
          label={texts.t('page.sign_in.password')}
          isWrong={field === 'password'}
          input={{ type: 'password', autocomplete: 'current-password', required: true }}
        />
        <SharedComputer page={page} isShared={props.shared} hint="page.sign_in.shared_hint" />
        <BotCheckSubmit page={page} parts={props}>
          {texts.t('page.sign_in.submit')}
        </BotCheckSubmit>
      </Form>
    </>
  )
}

export type StepProps = {
  readonly page: PageContext
  readonly session: Session
  readonly problem: FormProblem | null
}

/** The second step: choose a way, or answer the one that was chosen. */
export function StepPage({ page, session, problem }: StepProps) {
  const { texts } = page
  const { step } = session
  const open = step?.challenges.find(({ option }) => option === step.open) ?? null
  const options = step?.options ?? []
  const challenge = open && viewOfChallenge(open)
  const methods = options
    .filter(({ id }) => id !== open?.option)
    .map(({ id, method, hint }) => ({ id, name: method, hint }))
  return (
    <Layout
      page={page}
      title={texts.t(challenge ? `page.code.title.${challenge.name}` : 'page.step.title')}
      path="/sign-in/step"
      scripts={challenge ? promptScripts(page, challenge) : []}
      hasProblem={problem !== null}
      foot={<StepFoot page={page} />}
    >
      {challenge ? (
        <>
          <AnswerHead page={page} challenge={challenge} problem={problem} />
          {!isOver(page, challenge) && (
            <PromptForm
              page={page}
              challenge={challenge}
              isWrong={problem?.kind === 'answer_wrong'}
              action="/sign-in/answer"
            />
          )}
          <AskAgain page={page} challenge={challenge} action="/sign-in/method" />
        </>
      ) : (
        <>
          <ProblemSummary page={page} problem={problem} withHuman />
          <p>{texts.t(session.entered ? 'page.step.intro_again' : 'page.step.intro')}</p>
        </>
      )}
      {methods.length > 0 && (
        <section class={challenge ? 'other' : undefined}>
          {challenge && <h2>{texts.t('page.code.another_way')}</h2>}
          <MethodButtons page={page} methods={methods} action="/sign-in/method" isFull={!challenge} />
        </section>
      )}
      {!challenge && <p class="hint">{texts.t('page.choose.none')}</p>}
    </Layout>
  )
}

const StepFoot = ({ page }: { page: PageContext }) => (
  <div class="foot">
    <Form page={page} action="/sign-out">
      <button type="submit" class="quiet">
        {page.texts.t('page.info.sign_out')}
      </button>
    </Form>
  </div>
)
