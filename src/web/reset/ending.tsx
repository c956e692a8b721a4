import type { ResetView } from '../../actions/view.ts'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'
import { FinishForm, ResetFoot } from './foot.tsx'

/** Back to the start so long after the end on a shared computer (decisions 1.10). */
const SHARED_SECONDS = 60

export type NextSteps = {
  /** The organisation's own text, plain; blank lines part paragraphs. */
  readonly text: string | null
  readonly signInUrl: string | null
  /** From the exact allow-list (WEB-10). */
  readonly returnTo: string | null
  /** On a shared computer: the person asked for the page to stay. */
  readonly stay: boolean
}

type EndProps = { readonly page: PageContext; readonly view: ResetView }

/** Nobody's turn but ours: it moves on by itself, without script by a button (decisions 1.5). */
export function WaitingPage({ page, view }: EndProps) {
  const { texts } = page
  const kind = view.state === 'uncertain' ? 'uncertain' : 'writing'
  const isUnlocking = kind === 'writing' && view.goal === 'unlock'
  return (
    <Layout
      page={page}
      title={texts.t(isUnlocking ? 'page.unlock.title' : `page.waiting.title_${kind}`)}
      step="password"
      path="/reset"
      state={view.state}
      foot={<ResetFoot page={page} view={view} hasLimit={false} />}
    >
      <div class="waiting" data-poll="3">
        <span class="spinner" aria-hidden="true" />
        <p class="lead">{texts.t(`page.waiting.${kind}`)}</p>
      </div>
      {kind === 'uncertain' && (
        <>
          <p>{texts.t('page.waiting.do_not_start_again')}</p>
          <p>
            {texts.t(view.goal === 'unlock' ? 'page.waiting.cannot_wait_unlock' : 'page.waiting.cannot_wait')}
          </p>
          <HumanAsNextStep page={page} />
        </>
      )}
      <p>
        <a class="button" href="/reset">
          {texts.t('page.waiting.look')}
        </a>
      </p>
    </Layout>
  )
}

export function DonePage({ page, view, next }: EndProps & { next: NextSteps }) {
  const { texts } = page
  const isLeaving = view.shared && !next.stay
  return (
    <Layout
      page={page}
      title={texts.t(`page.done.title_${view.goal}`)}
      step="done"
      path="/reset"
      state={view.state}
      {...(isLeaving ? { leaveAfter: { seconds: SHARED_SECONDS, to: '/finish' } } : {})}
    >
      <p class="lead success">{texts.t(`page.done.intro_${view.goal}`)}</p>
      {view.shared && <SharedEnd page={page} isLeaving={isLeaving} />}
      <section>
        <h2>{texts.t('page.done.next')}</h2>
        {view.goal === 'password' ? (
          <ol class="next">
            <li>{texts.t('page.done.devices')}</li>
            <li>{texts.t('page.done.computer')}</li>
            <li>{texts.t('page.done.sessions')}</li>
          </ol>
        ) : (
          <p>{texts.t('page.done.unlocked')}</p>
        )}
        {next.text && <PlainText text={next.text} />}
      </section>
      <p class="hint">{texts.t('page.done.told')}</p>
      {!view.shared && <Onward page={page} next={next} />}
    </Layout>
  )
}

function Onward({ page: { texts }, next }: { page: PageContext; next: NextSteps }) {
  const [primary, other] = [next.returnTo ?? next.signInUrl, next.returnTo && next.signInUrl]
  if (!primary) return null
  return (
    <p class="actions">
      <a class="button primary" href={primary} rel="noreferrer">
        {texts.t(next.returnTo ? 'page.done.return' : 'page.done.sign_in')}
      </a>
      {other && (
        <a class="button" href={other} rel="noreferrer">
          {texts.t('page.done.sign_in')}
        </a>
      )}
    </p>
  )
}

function SharedEnd({ page, isLeaving }: { page: PageContext; isLeaving: boolean }) {
  const { texts, now } = page
  return (
    <div class="note" data-finish-after={isLeaving ? SHARED_SECONDS : undefined}>
      {isLeaving && (
        <p>
          <Sentence text={texts.t('page.done.leaves', { time: SLOT })}>
            <TimeOfDay page={page} at={now + SHARED_SECONDS * 1_000} seconds />
          </Sentence>{' '}
          <a href="/reset?stay=yes">{texts.t('page.done.stay')}</a>
        </p>
      )}
      <FinishForm page={page} />
    </div>
  )
}

const PlainText = ({ text }: { text: string }) => (
  <div class="own" dir="auto">
    {text.split(/\n\s*\n/).map(paragraph => (
      <p key={paragraph}>{paragraph}</p>
    ))}
  </div>
)

/** Nothing was changed; the page says why it ended, and how to go on. */
export function FailedPage({ page, view }: EndProps) {
  const { texts } = page
  const why = view.failed?.why ?? 'cancelled'
  return (
    <Layout page={page} title={texts.t(`page.failed.title_${why}`)} path="/reset" state={view.state}>
      <p class="lead">{texts.t(`page.failed.${why}`)}</p>
      {view.failed?.supportCode && (
        <p>
          {texts.t('page.failed.support_code')} <code dir="ltr">{view.failed.supportCode}</code>
        </p>
      )}
      <HumanAsNextStep page={page} />
      {view.shared ? (
        <FinishForm page={page} />
      ) : (
        <p class="actions">
          <a class={why === 'not_eligible' ? 'button' : 'button primary'} href="/">
            {texts.t('page.failed.again')}
          </a>
        </p>
      )}
    </Layout>
  )
}
