import type { Held } from '../../actions/security-info.ts'
import { CodeField } from '../code-field.tsx'
import { Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import { Sentence, SLOT } from '../moment.tsx'
import type { PageContext } from '../page.ts'

type TokenProps = {
  readonly page: PageContext
  readonly held: Held
  readonly problem: FormProblem | null
}

/** The longest code that a token shows. */
const CODE_DIGITS_MAX = 8

/** A token that was assigned and waits: which one it is, and the field for its first code. */
export function TokenPage({ page, held, problem }: TokenProps) {
  const { texts } = page
  const base = `/security-info/methods/${held.id}`
  return (
    <Layout
      page={page}
      title={texts.t('page.add.hardware_code.title')}
      path={base}
      hasProblem={problem !== null}
    >
      <ProblemSummary page={page} problem={problem} field="code" withHuman />
      <div id="prompt">
        <p>
          <Sentence text={texts.t('page.add.hardware_code.serial', { serial: SLOT })}>
            <bdi dir="ltr">{held.serial}</bdi>
          </Sentence>
        </p>
        <p>{texts.t('page.add.hardware_code.code')}</p>
      </div>
      <Form page={page} action={`${base}/activate`}>
        <CodeField
          label={texts.t('page.code.label.hardware_code')}
          isWrong={problem !== null}
          format="digits"
          length={CODE_DIGITS_MAX}
        />
        <button type="submit" class="primary">
          {texts.t('page.add.hardware_code.submit')}
        </button>
      </Form>
      <p class="after">
        <a href="/security-info">{texts.t('page.held.back')}</a>
      </p>
    </Layout>
  )
}
