import type { ComponentChildren } from 'preact'
import type { Held } from '../../actions/security-info.ts'
import type { MethodName } from '../../method.ts'
import { Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import { Icon } from '../methods.tsx'
import type { PageContext } from '../page.ts'
import { HeldItem } from './held.tsx'
import { SETUP, type SetupProps, SignOut } from './setup-end.tsx'
import { PassNote, Verdict } from './verdict.tsx'

/** Just what the policy misses, one method at a time, the strongest first. */
export function SetupPage({ page, view, problem }: SetupProps) {
  const { texts } = page
  const { setup, info, isDismissible } = view
  const waiting = info.held.find(({ isWaiting }) => isWaiting) ?? null
  const [first, ...others] = setup.offered
  return (
    <SetupLayout
      page={page}
      title={texts.t('page.setup.title')}
      isDismissible={isDismissible}
      problem={problem}
    >
      <p class="hint">
        {texts.t('page.setup.progress', {
          step: texts.number(setup.done + 1),
          steps: texts.number(setup.gates),
        })}
      </p>
      <ProblemSummary page={page} problem={problem} withHuman />
      <PassNote page={page} info={info} />
      <Verdict page={page} info={info} />
      {!isDismissible && <p>{texts.t('page.setup.must', { organisation: page.organisation.name })}</p>}
      <Unconfirmed page={page} view={view} />
      {waiting && <ActivateToken page={page} held={waiting} />}
      {first && (
        <>
          <h2>{texts.t('page.setup.now')}</h2>
          <Choices page={page} methods={[first]} isBest={!waiting} />
        </>
      )}
      {others.length > 0 && (
        <details>
          <summary>{texts.t('page.setup.different')}</summary>
          <Choices page={page} methods={others} />
        </details>
      )}
      <p class="after">
        <a href={`${SETUP}/no-phone`}>{texts.t('page.setup.no_phone')}</a>
      </p>
    </SetupLayout>
  )
}

function Unconfirmed({ page, view }: Pick<SetupProps, 'page' | 'view'>) {
  const { texts, organisation } = page
  const mapped = view.info.held.filter(({ id }) => view.info.unconfirmed.includes(id))
  if (mapped.length === 0) return null
  return (
    <>
      <h2>{texts.t('page.setup.mapped_title')}</h2>
      <p>{texts.t('page.setup.mapped', { organisation: organisation.name })}</p>
      <ul class="held">
        {mapped.map(held => (
          <HeldItem key={held.id} page={page} held={held} isUnconfirmed isSetup />
        ))}
      </ul>
    </>
  )
}

type ChoicesProps = {
  readonly page: PageContext
  readonly methods: readonly MethodName[]
  readonly isBest?: boolean
  /** What is said of each, in place of the general words. */
  readonly about?: (method: MethodName) => string
}

/** The same registration as in the list; `setup` says where it leads back to. */
function Choices({ page, methods, isBest, about }: ChoicesProps) {
  const { texts } = page
  const words = about ?? ((method: MethodName) => texts.t(`page.add.${method}.about`))
  return (
    <Form page={page} action="/security-info/add" class="methods">
      <input type="hidden" name="setup" value="yes" />
      {methods.map(method => (
        <button key={method} type="submit" name="method" value={method}>
          <Icon method={method} />
          <span class="name">
            {texts.t(`page.method.${method}`)}
            {isBest && <span class="tag">{texts.t('page.method.recommended')}</span>}
          </span>
          <span class="about">{words(method)}</span>
        </button>
      ))}
    </Form>
  )
}

function ActivateToken({ page, held }: { page: PageContext; held: Held }) {
  const { texts } = page
  return (
    <Form page={page} action={`${SETUP}/token`} class="methods">
      <button type="submit" name="id" value={held.id}>
        <Icon method={held.method} />
        <span class="name">{texts.t('page.add.hardware_code.title')}</span>
        <bdi class="about" dir="ltr">
          {held.serial}
        </bdi>
      </button>
    </Form>
  )
}

/** What works without a phone, in the words of somebody who has none (decisions 1.9). */
const WITHOUT_PHONE = ['passkey', 'recovery_code', 'email'] as const
type WithoutPhone = (typeof WITHOUT_PHONE)[number]

/** `hasTokens`: the policy knows hardware tokens, which the organisation hands out. */
export function NoPhonePage(props: SetupProps & { readonly hasTokens: boolean }) {
  const { page, view, hasTokens } = props
  const { texts, help } = page
  const methods = WITHOUT_PHONE.filter(method => view.setup.offered.includes(method))
  const waiting = view.info.held.find(({ isWaiting }) => isWaiting) ?? null
  const isNothing = methods.length === 0 && !hasTokens
  const about = (method: MethodName): string => texts.t(`page.setup.no_phone.${method as WithoutPhone}`) // as: of the list above
  return (
    <Layout page={page} title={texts.t('page.setup.no_phone_title')} path={`${SETUP}/no-phone`}>
      <p>{texts.t(isNothing ? 'page.setup.no_phone_nothing' : 'page.setup.no_phone_intro')}</p>
      {isNothing && <HumanAsNextStep page={page} />}
      {waiting && <ActivateToken page={page} held={waiting} />}
      {methods.length > 0 && <Choices page={page} methods={methods} about={about} />}
      {hasTokens && !waiting && <p>{texts.t('page.setup.no_phone.hardware_code', { name: help.name })}</p>}
      <p class="after">
        <a href={SETUP}>{texts.t('page.setup.no_phone_back')}</a>
      </p>
    </Layout>
  )
}

/** Nothing is missing, but nobody has looked for long. No address stands here but its hint. */
export function ReviewPage({ page, view, problem }: SetupProps) {
  const { texts } = page
  const { info, isDismissible } = view
  return (
    <SetupLayout
      page={page}
      title={texts.t('page.review.title')}
      isDismissible={isDismissible}
      problem={problem}
    >
      <ProblemSummary page={page} problem={problem} withHuman />
      <p>{texts.t('page.review.intro')}</p>
      <ul class="held">
        {info.held.map(held => (
          <HeldItem
            key={held.id}
            page={page}
            held={held}
            isUnconfirmed={view.info.unconfirmed.includes(held.id)}
            isSetup
          />
        ))}
      </ul>
      <Form page={page} action={`${SETUP}/confirm`} class="actions">
        <button type="submit" class="primary">
          {texts.t('page.review.confirm')}
        </button>
        <a class="button quiet" href="/security-info">
          {texts.t('page.review.change')}
        </a>
      </Form>
    </SetupLayout>
  )
}

type LayoutProps = {
  readonly page: PageContext
  readonly title: string
  readonly isDismissible: boolean
  readonly problem: FormProblem | null
  readonly children: ComponentChildren
}

/** Whoever may not put it off can still sign out, and reach a human beside it. */
const SetupLayout = ({ page, title, isDismissible, problem, children }: LayoutProps) => (
  <Layout
    page={page}
    title={title}
    path={SETUP}
    hasProblem={problem !== null}
    foot={
      <div class="foot">
        {isDismissible && (
          <Form page={page} action={`${SETUP}/later`}>
            <button type="submit" class="quiet" aria-describedby="later">
              {page.texts.t('page.setup.later')}
            </button>{' '}
            <span id="later" class="hint">
              {page.texts.t('page.setup.later_hint')}
            </span>
          </Form>
        )}
        <SignOut page={page} />
      </div>
    }
  >
    {children}
  </Layout>
)
