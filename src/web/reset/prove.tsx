import type { ChallengeView, ResetView } from '../../actions/view.ts'
import { AnswerHead, AskAgain, isOver } from '../challenge.tsx'
import { type FormProblem, ProblemSummary } from '../forms.tsx'
import { Layout } from '../layout.tsx'
import { MethodButtons } from '../methods.tsx'
import type { PageContext } from '../page.ts'
import { PromptForm, promptScripts } from '../prompts.tsx'
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
  const { texts } = page
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
      scripts={promptScripts(page, challenge)}
      {...leavesWhenIdle(view)}
    >
      <GateNote page={page} view={view} />
      <AnswerHead page={page} challenge={challenge} problem={problem} />
      {!isOver(page, challenge) && (
        <PromptForm
          page={page}
          challenge={challenge}
          isWrong={problem?.kind === 'answer_wrong' || problem?.kind === 'answers_wrong'}
        />
      )}
      <AskAgain page={page} challenge={challenge} />
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
