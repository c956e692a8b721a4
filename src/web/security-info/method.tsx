import { LABEL_CHARACTERS_MAX } from '../../actions/change-own.ts'
import type { Held } from '../../actions/security-info.ts'
import { Field, Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'

type MethodProps = {
  readonly page: PageContext
  readonly held: Held
  readonly problem: FormProblem | null
}

/** One method of one's own: its name, and the way to remove it. */
export function MethodPage({ page, held, problem }: MethodProps) {
  const { texts } = page
  const base = `/security-info/methods/${held.id}`
  return (
    <Layout
      page={page}
      title={texts.t(`page.method.${held.method}`)}
      path={base}
      hasProblem={problem !== null}
    >
      <ProblemSummary page={page} problem={problem} withHuman />
      <dl class="facts">
        {held.hint && (
          <>
            <dt>{texts.t('page.held.address')}</dt>
            <dd>
              <bdi dir="ltr">{held.hint}</bdi>
            </dd>
          </>
        )}
        {held.serial && (
          <>
            <dt>{texts.t('page.held.serial')}</dt>
            <dd>
              <bdi dir="ltr">{held.serial}</bdi>
            </dd>
          </>
        )}
        <dt>{texts.t('page.held.added')}</dt>
        <dd>{held.confirmedAt === null ? '–' : texts.moment(held.confirmedAt)}</dd>
        <dt>{texts.t('page.held.used')}</dt>
        <dd>{held.lastUsedAt === null ? texts.t('page.info.never_used') : texts.moment(held.lastUsedAt)}</dd>
      </dl>
      <Form page={page} action={`${base}/name`}>
        <Field
          id="label"
          label={texts.t('page.held.label')}
          hint={texts.t('page.held.label_hint')}
          isWrong={problem?.kind === 'invalid_input'}
          input={{
            type: 'text',
            autocomplete: 'off',
            maxlength: LABEL_CHARACTERS_MAX,
            value: held.label ?? undefined,
          }}
        />
        <button type="submit">{texts.t('page.held.rename')}</button>
      </Form>
      <section class="other">
        <h2>{texts.t('page.held.remove_title')}</h2>
        <p>{texts.t('page.held.remove_explain')}</p>
        <Form page={page} action={`${base}/remove`}>
          <button type="submit" class="danger">
            {texts.t('page.held.remove')}
          </button>
        </Form>
      </section>
      <p class="after">
        <a href="/security-info">{texts.t('page.held.back')}</a>
      </p>
    </Layout>
  )
}
