import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'

type OidcPageProps = {
  readonly page: PageContext
  /** The sign-in there opened nothing here, or the identity provider does not answer. */
  readonly why: 'unused' | 'down'
  /** The directory's password is taken as well. */
  readonly hasPassword: boolean
}

/** One answer for every reason (ENU-06); the helpdesk finds the true one under the reference. */
export function OidcPage({ page, why, hasPassword }: OidcPageProps) {
  const { texts, organisation } = page
  return (
    <Layout page={page} title={texts.t(`page.oidc.title_${why}`)} path="/sign-in" hasProblem>
      <p class="lead">{texts.t(`page.oidc.${why}`, { organisation: organisation.name })}</p>
      <HumanAsNextStep page={page} />
      <p class="actions">
        <a class="button primary" href="/sign-in/oidc">
          {texts.t('page.oidc.again')}
        </a>
      </p>
      {hasPassword && (
        <p class="after">
          <a href="/sign-in">{texts.t('page.oidc.password_instead')}</a>
        </p>
      )}
    </Layout>
  )
}

type OidcDoorProps = {
  readonly page: PageContext
  readonly host: string
  /** This is a shared computer by its network. */
  readonly shared: boolean
}

/**
 * Links, not a form: `form-action` of our policy holds for the redirect behind a form as well (CSP 3 section 6.4.1), and
 * nothing is changed here by going there.
 */
export function OidcDoor({ page, host, shared }: OidcDoorProps) {
  const { texts, organisation } = page
  const isolated = <bdi dir="ltr">{host}</bdi>
  return (
    <section class="oidc">
      <p class="actions">
        <a class="button primary" href={shared ? '/sign-in/oidc?shared=yes' : '/sign-in/oidc'}>
          {texts.t('page.oidc.begin', { organisation: organisation.name })}
        </a>
      </p>
      <p class="hint">
        {texts.t('page.oidc.where')} {isolated}
      </p>
      {!shared && (
        <p class="after">
          <a href="/sign-in/oidc?shared=yes">{texts.t('page.oidc.begin_shared')}</a>
        </p>
      )}
    </section>
  )
}
