import { Form } from '../forms.tsx'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import type { PageContext } from '../page.ts'

export type NoticeProps = {
  readonly page: PageContext
  /** `ask`: a link that still works; `gone`: used, expired or never there, all one answer (ENU-08). */
  readonly state: 'ask' | 'done' | 'gone'
  /** Where the button posts to: the address of the link itself. */
  readonly action: string
}

/** "This was not me": says what it will do, and asks once (decisions 2.4). Looking at it changes nothing (TOK-08). */
export function NoticePage({ page, state, action }: NoticeProps) {
  const { texts } = page
  return (
    <Layout page={page} title={texts.t(`page.notice.title_${state}`)}>
      <p class="lead">{texts.t(`page.notice.${state}`)}</p>
      {state === 'ask' && (
        <>
          <ul class="next">
            <li>{texts.t('page.notice.ends')}</li>
            <li>{texts.t('page.notice.alerts')}</li>
            <li>{texts.t('page.notice.holds')}</li>
            <li>{texts.t('page.notice.keeps')}</li>
          </ul>
          <Form page={page} action={action}>
            <button type="submit" class="primary danger">
              {texts.t('page.notice.submit')}
            </button>
          </Form>
          <p class="hint">{texts.t('page.notice.was_me')}</p>
        </>
      )}
      {state !== 'ask' && <HumanAsNextStep page={page} />}
    </Layout>
  )
}
