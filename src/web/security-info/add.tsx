import type { EnrollPrompt, MethodName, Weak } from '../../method.ts'
import type { Pending } from '../../session.ts'
import { CodeField } from '../code-field.tsx'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import { QrCode } from '../qr-code.tsx'
import { CreatePasskey } from './passkey.tsx'
import { type Choice, ChooseQuestions, fieldToMend } from './questions.tsx'

type AddressProps = {
  readonly page: PageContext
  readonly method: MethodName
  readonly address: string
  readonly problem: FormProblem | null
}

/** The address that a code goes to first. */
export function AddressPage({ page, method, address, problem }: AddressProps) {
  const { texts } = page
  return (
    <Layout
      page={page}
      title={texts.t('page.add.email.title')}
      path="/security-info"
      hasProblem={problem !== null}
      foot={<Back page={page} />}
    >
      <ProblemSummary page={page} problem={problem} {...(problem ? { field: 'address' } : {})} />
      <p id="prompt">{texts.t('page.add.email.intro')}</p>
      <Form page={page} action="/security-info/add">
        <input type="hidden" name="method" value={method} />
        <Field
          id="address"
          label={texts.t('page.add.email.label')}
          isWrong={problem !== null}
          describedBy="prompt"
          input={{
            type: 'email',
            dir: 'ltr',
            autocomplete: 'email',
            autocapitalize: 'none',
            spellcheck: false,
            maxlength: 254,
            value: address || undefined,
            required: true,
          }}
        />
        <button type="submit" class="primary">
          {texts.t('page.add.email.submit')}
        </button>
      </Form>
    </Layout>
  )
}

type AddProps = {
  readonly page: PageContext
  readonly pending: Pending
  readonly problem: FormProblem | null
  /** What was chosen and typed before, and which of it is too weak. */
  readonly choices?: readonly Choice[]
  readonly weak?: Weak['weak']
}

/** What was begun, by kind of prompt; a method brings no page of its own. */
export function AddPage({ page, pending, problem, choices = [], weak = {} }: AddProps) {
  const { texts } = page
  const prompt = pending.prompt as EnrollPrompt // as: what its method began with, sealed in between
  const field =
    prompt.kind === 'questions' ? fieldToMend(choices, weak) : 'length' in prompt ? 'code' : undefined
  return (
    <Layout
      page={page}
      title={texts.t(`page.add.${pending.method}.title`)}
      path="/security-info/add"
      hasProblem={problem !== null}
      scripts={prompt.kind === 'passkey' ? [page.assets.passkey] : []}
      foot={<Back page={page} />}
    >
      <ProblemSummary page={page} problem={problem} {...(problem && field ? { field } : {})} withHuman />
      <Instruction page={page} prompt={prompt} />
      {prompt.kind === 'questions' && (
        <ChooseQuestions page={page} prompt={prompt} choices={choices} weak={weak} />
      )}
      {prompt.kind === 'passkey' && <CreatePasskey page={page} prompt={prompt} />}
      {'length' in prompt && (
        <Form page={page} action="/security-info/confirm">
          <CodeField
            label={texts.t('page.code.label.app_code')}
            isWrong={problem !== null}
            format="digits"
            length={prompt.length}
          />
          <button type="submit" class="primary">
            {texts.t('page.add.confirm')}
          </button>
        </Form>
      )}
    </Layout>
  )
}

function Instruction({ page, prompt }: { page: PageContext; prompt: EnrollPrompt }) {
  const { texts } = page
  switch (prompt.kind) {
    case 'app':
      return (
        <ol class="next">
          <li>{texts.t('page.add.app_code.install')}</li>
          <li>
            {texts.t('page.add.app_code.scan')}
            <QrCode text={prompt.uri} title={texts.t('page.add.app_code.qr')} />
            <p>{texts.t('page.add.app_code.key')}</p>
            <p>
              <bdi dir="ltr" class="key">
                {prompt.key}
              </bdi>
            </p>
            <p>
              <a href={prompt.uri}>{texts.t('page.add.app_code.open')}</a>
            </p>
          </li>
          <li id="prompt">{texts.t('page.add.app_code.code', { length: texts.number(prompt.length) })}</li>
        </ol>
      )
    case 'code':
      return (
        <p id="prompt">
          {texts.t('page.code.sent', { address: prompt.sentTo })}{' '}
          {texts.t('page.add.email.code', { length: texts.number(prompt.length) })}
        </p>
      )
    default:
      return null
  }
}

/** Shown this once: whoever loses them makes new ones (BKP-01). */
export function CodesPage({ page, codes }: { page: PageContext; codes: readonly string[] }) {
  const { texts } = page
  return (
    <Layout page={page} title={texts.t('page.add.recovery_code.title')} path="/security-info">
      <p class="lead">{texts.t('page.add.recovery_code.intro')}</p>
      <ul class="codes" dir="ltr">
        {codes.map(code => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>{texts.t('page.add.recovery_code.keep', { organisation: page.organisation.name })}</p>
      <p class="actions">
        <a class="button primary" href="/security-info">
          {texts.t('page.add.recovery_code.kept')}
        </a>
        {/* The script shows it: behind the other, it moves nothing. */}
        <button type="button" class="quiet" data-print hidden>
          {texts.t('page.add.recovery_code.print')}
        </button>
      </p>
    </Layout>
  )
}

const Back = ({ page }: { page: PageContext }) => (
  <div class="foot">
    <Form page={page} action="/security-info/cancel">
      <button type="submit" class="quiet">
        {page.texts.t('page.cancel')}
      </button>
    </Form>
  </div>
)
