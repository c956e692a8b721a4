import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'

type ClosedProps = {
  readonly page: PageContext
  readonly why: 'off' | 'not_now'
  /** The published code, where the network is told reasons. */
  readonly supportCode?: string | null
}

/** True for everybody and said to everybody, before the login (decisions 1.1): off, or not now. */
export const ClosedPage = ({ page, why, supportCode }: ClosedProps) => (
  <Layout page={page} title={page.texts.t(`page.closed.title_${why}`)}>
    <p class="lead">{page.texts.t(`page.closed.${why}`)}</p>
    {supportCode && (
      <p class="hint">
        {page.texts.t('page.failed.support_code')} <code dir="ltr">{supportCode}</code>
      </p>
    )}
    <HumanAsNextStep page={page} />
    {why === 'not_now' && (
      <p class="actions">
        <a class="button" href="/">
          {page.texts.t('page.problem.again')}
        </a>
      </p>
    )}
  </Layout>
)

type LoginHelpProps = {
  readonly page: PageContext
  readonly loginExample: string
  /** The organisation's own text, plain. */
  readonly text: string | null
}

/** "I do not know my user name": what it looks like here, and a human (decisions 1.9). It asks and tells nothing else. */
export const LoginHelpPage = ({ page, loginExample, text }: LoginHelpProps) => (
  <Layout page={page} title={page.texts.t('page.login_help.title')} step="account">
    {loginExample && (
      <p class="lead">
        {page.texts.t('page.login_help.looks_like')}{' '}
        <code dir="ltr" translate={false}>
          {loginExample}
        </code>
      </p>
    )}
    {text && <p dir="auto">{text}</p>}
    <p>{page.texts.t('page.login_help.where')}</p>
    <HumanAsNextStep page={page} />
    <p class="actions">
      <a class="button primary" href="/">
        {page.texts.t('page.login_help.back')}
      </a>
    </p>
  </Layout>
)
