import type { ChallengeView, ResetView } from '../../actions/view.ts'
import { Form, type FormProblem, ProblemSummary } from '../forms.tsx'
import { HumanAsNextStep } from '../help.tsx'
import { Layout } from '../layout.tsx'
import { MethodButtons } from '../methods.tsx'
import { Sentence, SLOT, TimeOfDay } from '../moment.tsx'
import type { PageContext } from '../page.ts'
import { PromptForm } from '../prompts.tsx'
import { leavesWhenIdle, ResetFoot } from './foot.tsx'

export type ProveProps = {
  readonly page: PageContext
  readonly view: ResetView
  readonly problem: FormProblem | null
}

/** An open gate: choose a way, or answer the one that was chosen. */
export const ProvePage = (props: ProveProps) =>
  props.view.challenge ? (
    <AnswerPage {...props} challenge={props.view.challenge} />
  ) : (
    <ChoosePage {...props} />
  )

/** Before the first gate nothing here claims that a method is registered (decisions 1.2). */
function ChoosePage({ page, view, problem }: ProveProps) {
  const { texts } = page
  const isSecond = view.gates.passed > 0
  return (
    <Layout
      page={page}
      title={texts.t(isSecond ? 'page.choose.title_second' : 'page.choose.title')}
      step="proof"
      hasProblem={problem !== null}
      path="/reset"
      state={view.state}
      foot={<ResetFoot page={page} view={view} hasLimit />}
      {...leavesWhenIdle(view)}
    >
      {!isSecond && <GateNote page={page} view={view} />}
      <ProblemSummary page={page} problem={problem} withHuman />
      <p>{texts.t(isSecond ? 'page.choose.intro_second' : 'page.choose.intro')}</p>
      <MethodButtons page={page} methods={view.methods} isFull />
      <p class="hint">{texts.t('page.choose.none')}</p>
    </Layout>
  )
}

function AnswerPage({ page, view, problem, challenge }: ProveProps & { challenge: ChallengeView }) {
  const { texts, now } = page
  const isOver = challenge.triesLeft === 0 || now >= challenge.expiresAt
  const others = view.methods.filter(({ id }) => id !== challenge.method)
  return (
    <Layout
      page={page}
      title={texts.t(`page.code.title.${challenge.name}`)}
      step="proof"
      hasProblem={problem !== null}
      path="/reset"
      state={view.state}
      foot={<ResetFoot page={page} view={view} hasLimit />}
      {...leavesWhenIdle(view)}
    >
      <GateNote page={page} view={view} />
      <ProblemSummary page={page} problem={problem} {...(isOver ? {} : { field: 'code' })} withHuman>
        {problem?.kind === 'answer_wrong' && (
          <p>{texts.t('page.code.tries_left', { tries: challenge.triesLeft })}</p>
        )}
      </ProblemSummary>
      {isOver ? (
        <p>{texts.t(challenge.triesLeft === 0 ? 'page.code.no_tries' : 'page.code.expired')}</p>
      ) : (
        <>
          <Instruction page={page} challenge={challenge} />
          <PromptForm page={page} challenge={challenge} isWrong={problem?.kind === 'answer_wrong'} />
        </>
      )}
      <AskAgain page={page} challenge={challenge} isOver={isOver} />
      {others.length > 0 && (
        <section class="other">
          <h2>{texts.t('page.code.another_way')}</h2>
          <MethodButtons page={page} methods={others} />
        </section>
      )}
    </Layout>
  )
}

/** "One of two done": only where there are two. */
function GateNote({ page: { texts }, view: { gates } }: { page: PageContext; view: ResetView }) {
  if (gates.required < 2) return null
  return (
    <p class="gate">
      <span class={gates.passed > 0 ? 'pips one' : 'pips'} aria-hidden="true" />
      {texts.t(gates.passed > 0 ? 'page.gate.second' : 'page.gate.first')}
    </p>
  )
}

function Instruction({ page, challenge }: { page: PageContext; challenge: ChallengeView }) {
  const { texts, organisation } = page
  const { sentTo, length } = challenge.prompt
  const until = (
    <Sentence text={texts.t('page.code.until', { time: SLOT })}>
      <TimeOfDay page={page} at={challenge.expiresAt} />
    </Sentence>
  )
  if (sentTo === undefined)
    return (
      <p id="prompt">
        {texts.t(`page.code.intro.${challenge.name}`, {
          organisation: organisation.name,
          length: texts.number(length),
        })}
      </p>
    )
  return (
    <p id="prompt">
      {sentTo === null ? texts.t('page.code.sent_perhaps') : texts.t('page.code.sent', { address: sentTo })}{' '}
      {until}
    </p>
  )
}

/** A fresh code costs one press (decisions 1.11). Where nothing is sent, only a spent challenge is begun again. */
function AskAgain({
  page,
  challenge,
  isOver,
}: {
  page: PageContext
  challenge: ChallengeView
  isOver: boolean
}) {
  const { texts, now } = page
  const isSent = challenge.prompt.sentTo !== undefined
  if (!isSent && !isOver) return null
  const isEarly = challenge.resendAfter !== null && now < challenge.resendAfter
  return (
    <Form page={page} action="/reset/challenge" class="again">
      <input type="hidden" name="method" value={challenge.method} />
      {isSent && !isOver && <h2>{texts.t('page.code.nothing_came')}</h2>}
      <button type="submit" class={isOver ? 'primary' : undefined}>
        {texts.t(isSent ? 'page.code.resend' : 'page.code.again')}
      </button>
      {isEarly && challenge.resendAfter !== null && (
        <span class="hint">
          <Sentence text={texts.t('page.code.resend_from', { time: SLOT })}>
            <TimeOfDay page={page} at={challenge.resendAfter} seconds />
          </Sentence>
        </span>
      )}
      {isSent && !isOver && <HumanAsNextStep page={page} isHint />}
    </Form>
  )
}
