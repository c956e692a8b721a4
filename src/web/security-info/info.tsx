import type { Held, SecurityInfo } from '../../actions/security-info.ts'
import { type MethodName, TRAITS } from '../../method.ts'
import { Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import { Icon } from '../methods.tsx'
import type { PageContext } from '../page.ts'

type InfoProps = {
  readonly page: PageContext
  readonly info: SecurityInfo
  readonly problem: FormProblem | null
}

/** What proves who one is, and whether it is enough. */
export function InfoPage({ page, info, problem }: InfoProps) {
  const { texts } = page
  return (
    <Layout
      page={page}
      title={texts.t('page.info.title')}
      path="/security-info"
      hasProblem={problem !== null}
      foot={<InfoFoot page={page} />}
    >
      <p class="lead">
        <bdi>{info.session.displayName}</bdi>
      </p>
      <ProblemSummary page={page} problem={problem} withHuman />
      <Verdict page={page} info={info} />
      <h2>{texts.t('page.info.yours')}</h2>
      {info.held.length > 0 ? (
        <ul class="held">
          {info.held.map(held => (
            <HeldItem key={held.id} page={page} held={held} />
          ))}
        </ul>
      ) : (
        <p class="hint">{texts.t('page.info.nothing')}</p>
      )}
      {info.heldUntil === null && info.addable.length > 0 && <AddButtons page={page} info={info} />}
    </Layout>
  )
}

/** Below the minimum the page says at once what is missing. */
function Verdict({ page: { texts }, info }: Pick<InfoProps, 'page' | 'info'>) {
  if (info.heldUntil !== null)
    return <p class="note">{texts.t('page.info.on_hold', { until: texts.moment(info.heldUntil) })}</p>
  if (info.isEnough) return <p class="success">{texts.t('page.info.enough')}</p>
  const cooling = info.held
    .filter(({ countsFrom }) => countsFrom !== null)
    .map(({ countsFrom }) => countsFrom ?? 0)
  return (
    <p class="note">
      {texts.t('page.info.missing', { gates: info.gates })}
      {cooling.length > 0 && ` ${texts.t('page.info.cooling', { at: texts.moment(Math.max(...cooling)) })}`}
    </p>
  )
}

function HeldItem({ page, held }: { page: PageContext; held: Held }) {
  const { texts } = page
  const isOwn = held.source !== 'directory'
  return (
    <li>
      <Icon method={held.method} />
      <div>
        <p class="name">
          {texts.t(`page.method.${held.method}`)}
          {held.label && (
            <>
              {' – '}
              <bdi>{held.label}</bdi>
            </>
          )}
        </p>
        {held.hint && (
          <p class="about">
            <bdi dir="ltr">{held.hint}</bdi>
          </p>
        )}
        {held.serial && (
          <p class="about">
            {texts.t('page.held.serial')} <bdi dir="ltr">{held.serial}</bdi>
          </p>
        )}
        <p class="about">{stateOf(page, held)}</p>
      </div>
      {isOwn && (
        <a href={`/security-info/methods/${held.id}`}>
          {texts.t(held.isWaiting ? 'page.info.activate' : 'page.info.manage')}
          <span class="unseen">
            {' '}
            {texts.t(`page.method.${held.method}`)} {held.label}
          </span>
        </a>
      )}
    </li>
  )
}

function stateOf({ texts }: PageContext, held: Held): string {
  if (held.source === 'directory') return texts.t('page.info.from_directory')
  if (held.isWaiting) return texts.t('page.info.waiting')
  if (held.isUsedUp) return texts.t('page.info.used_up')
  if (held.countsFrom !== null) return texts.t('page.info.counts_from', { at: texts.moment(held.countsFrom) })
  return held.lastUsedAt === null
    ? texts.t('page.info.never_used')
    : texts.t('page.info.last_used', { at: texts.moment(held.lastUsedAt) })
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

const InfoFoot = ({ page }: { page: PageContext }) => {
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
    </div>
  )
}
