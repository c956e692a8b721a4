import type { SecurityInfo } from '../../actions/security-info.ts'
import { type MethodName, TRAITS } from '../../method.ts'
import type { Entry } from '../../session.ts'
import { Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import { Icon } from '../methods.tsx'
import type { PageContext } from '../page.ts'
import type { ReturnAddress } from '../return-cookie.ts'
import { HeldItem } from './held.tsx'
import { BackTo } from './setup-end.tsx'
import { PassNote, Verdict } from './verdict.tsx'

type InfoProps = {
  readonly page: PageContext
  readonly info: SecurityInfo
  readonly problem: FormProblem | null
  readonly back?: ReturnAddress | null
}

/** What proves who one is, and whether it is enough. */
export function InfoPage({ page, info, problem, back }: InfoProps) {
  const { texts } = page
  return (
    <Layout
      page={page}
      title={texts.t('page.info.title')}
      path="/security-info"
      hasProblem={problem !== null}
      foot={<InfoFoot page={page} entry={info.session.entry} />}
    >
      <p class="lead">
        <bdi>{info.session.displayName}</bdi>
      </p>
      <ProblemSummary page={page} problem={problem} withHuman />
      <PassNote page={page} info={info} />
      <Verdict page={page} info={info} />
      {back && (
        <p class="actions">
          <BackTo page={page} back={back} />
        </p>
      )}
      <h2>{texts.t('page.info.yours')}</h2>
      {info.held.length > 0 ? (
        <ul class="held">
          {info.held.map(held => (
            <HeldItem
              key={held.id}
              page={page}
              held={held}
              isManaged
              isUnconfirmed={info.unconfirmed.includes(held.id)}
            />
          ))}
        </ul>
      ) : (
        <p class="hint">{texts.t('page.info.nothing')}</p>
      )}
      {info.heldUntil === null && info.addable.length > 0 && <AddButtons page={page} info={info} />}
    </Layout>
  )
}

/** The recommended first; weaker ones say why they are. */
function AddButtons({ page, info }: Pick<InfoProps, 'page' | 'info'>) {
  const { texts } = page
  const has = (method: MethodName): boolean =>
    TRAITS[method].max === 1 && info.held.some(held => held.method === method && held.source !== 'directory')
  return (
    <>
      <h2>{texts.t('page.info.add')}</h2>
      <Form page={page} action="/security-info/add" class="methods">
        {info.addable.map((method, index) => (
          <button key={method} type="submit" name="method" value={method}>
            <Icon method={method} />
            <span class="name">
              {has(method)
                ? texts.t('page.info.replace', { method: texts.t(`page.method.${method}`) })
                : texts.t(`page.method.${method}`)}
              {index === 0 && <span class="tag">{texts.t('page.method.recommended')}</span>}
            </span>
            <span class="about">{texts.t(`page.add.${method}.about`)}</span>
          </button>
        ))}
      </Form>
    </>
  )
}

const InfoFoot = ({ page, entry }: { page: PageContext; entry: Entry }) => {
  const { texts } = page
  return (
    <div class="foot">
      <nav aria-label={texts.t('page.info.more')}>
        <ul class="links">
          <li>
            <a href="/change">{texts.t('page.change.title')}</a>
          </li>
          <li>
            <a href="/security-info/activity">{texts.t('page.activity.title')}</a>
          </li>
        </ul>
      </nav>
      <Form page={page} action="/sign-out">
        <button type="submit" class="quiet">
          {texts.t('page.info.sign_out')}
        </button>
        <button type="submit" class="quiet" name="everywhere" value="yes">
          {texts.t('page.info.sign_out_everywhere')}
        </button>
      </Form>
      {entry === 'oidc' && (
        <p class="hint">{texts.t('page.oidc.sign_out', { organisation: page.organisation.name })}</p>
      )}
    </div>
  )
}
