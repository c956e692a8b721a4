import type { SetupView } from '../../actions/setup.ts'
import { Form, type FormProblem } from '../forms.tsx'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'
import type { ReturnAddress } from '../return-cookie.ts'
import { HeldItem } from './held.tsx'
import { Verdict } from './verdict.tsx'

export type SetupProps = {
  readonly page: PageContext
  readonly view: SetupView
  readonly problem: FormProblem | null
  readonly back: ReturnAddress | null
}

export const SETUP = '/security-info/setup'

/** The end: what stands, and the way on. */
export function SetupDonePage({ page, view, back }: SetupProps) {
  const { texts } = page
  const { info, setup, blocked } = view
  // Short of the gates, and nothing asked: somebody whom Postern never writes.
  const isDone = setup.done === setup.gates
  return (
    <Layout
      page={page}
      title={texts.t(blocked ? 'page.setup.blocked' : isDone ? 'page.setup.done_title' : 'page.info.title')}
      path={SETUP}
    >
      {blocked ? (
        <>
          <p class="lead">
            {blocked === 'not_offered'
              ? texts.t('page.setup.nothing_offered')
              : texts.t(`page.info.why.${blocked}`)}
          </p>
          <HumanAsNextStep page={page} />
        </>
      ) : (
        <>
          {!isDone && <p class="note">{texts.t('page.setup.done_cannot')}</p>}
          {isDone && !info.isEnough && <p>{texts.t('page.setup.done_waiting')}</p>}
          {isDone && <Verdict page={page} info={info} />}
          <ul class="held">
            {info.held.map(held => (
              <HeldItem key={held.id} page={page} held={held} />
            ))}
          </ul>
        </>
      )}
      <p class="actions">
        {back && <BackTo page={page} back={back} />}
        <a class={back ? 'button quiet' : 'button primary'} href="/security-info">
          {texts.t('page.setup.to_list')}
        </a>
      </p>
      {blocked && <SignOut page={page} />}
    </Layout>
  )
}

/** To the application that sent the person here: an address of its list, letter by letter (WEB-10). */
export const BackTo = ({ page, back }: { readonly page: PageContext; readonly back: ReturnAddress }) => (
  <a class="button primary" href={back.returnTo} rel="noreferrer">
    {page.texts.t('page.setup.return', { app: back.app })}
  </a>
)

export const SignOut = ({ page }: { page: PageContext }) => (
  <Form page={page} action="/sign-out">
    <button type="submit" class="quiet">
      {page.texts.t('page.info.sign_out')}
    </button>
  </Form>
)

/** A return address that we do not follow. */
export function RefusedReturnPage({ page }: { readonly page: PageContext }) {
  const { texts } = page
  return (
    <Layout page={page} title={texts.t('page.return.title')} path="/security-info" hasProblem>
      <p class="lead">{texts.t('page.return.refused')}</p>
      <HumanAsNextStep page={page} />
      <p class="actions">
        <a class="button primary" href="/security-info">
          {texts.t('page.setup.to_list')}
        </a>
      </p>
    </Layout>
  )
}
