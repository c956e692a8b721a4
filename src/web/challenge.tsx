import type { ChallengeView } from '../actions/view.ts'
import { Form, type FormProblem, ProblemSummary } from './forms.tsx'
import { HumanAsNextStep } from './help.tsx'
import { Sentence, SLOT, TimeOfDay } from './moment.tsx'
import type { PageContext } from './page.ts'
import { ANSWER_FIELD } from './prompts.tsx'

type AskedProps = { readonly page: PageContext; readonly challenge: ChallengeView }
type AskProps = AskedProps & { readonly action?: string }

/** It takes no more answers: its tries are used, or its time is over. */
export const isOver = ({ now }: PageContext, { triesLeft, expiresAt }: ChallengeView): boolean =>
  triesLeft === 0 || now >= expiresAt

/** Above the field, of a reset and of a sign-in: what was wrong, and what is asked for. */
export function AnswerHead({
  page,
  challenge,
  problem,
}: AskedProps & { readonly problem: FormProblem | null }) {
  const { texts } = page
  const over = isOver(page, challenge)
  return (
    <>
      <ProblemSummary
        page={page}
        problem={problem}
        {...(over ? {} : { field: firstField(challenge) })}
        withHuman
      >
        {problem?.kind === 'answer_wrong' && (
          <p>{texts.t('page.code.tries_left', { tries: challenge.triesLeft })}</p>
        )}
        {problem?.kind === 'answers_wrong' && (
          <p>{texts.t('page.questions.tries_left', { tries: challenge.triesLeft })}</p>
        )}
      </ProblemSummary>
      {over ? <p>{texts.t(endOf(challenge))}</p> : <Instruction page={page} challenge={challenge} />}
    </>
  )
}

/** Where the problem leads to. */
const firstField = ({ prompt }: ChallengeView): string =>
  prompt.kind === 'questions' ? `${ANSWER_FIELD}${prompt.questions[0]?.id}` : prompt.kind

function endOf({ prompt, triesLeft }: ChallengeView) {
  if (prompt.kind === 'passkey') return 'page.passkey.over'
  if (triesLeft > 0) return 'page.code.expired'
  return prompt.kind === 'questions' ? 'page.questions.no_tries' : 'page.code.no_tries'
}

function Instruction({ page, challenge }: { page: PageContext; challenge: ChallengeView }) {
  const { texts, organisation } = page
  const { sentTo, length = 0 } = challenge.prompt.kind === 'code' ? challenge.prompt : {}
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
export function AskAgain({ page, challenge, action = '/reset/challenge' }: AskProps) {
  const { texts, now } = page
  const over = isOver(page, challenge)
  const isSent = challenge.prompt.kind === 'code' && challenge.prompt.sentTo !== undefined
  if (!isSent && !over) return null
  const isEarly = challenge.resendAfter !== null && now < challenge.resendAfter
  return (
    <Form page={page} action={action} class="again">
      <input type="hidden" name="method" value={challenge.method} />
      {isSent && !over && <h2>{texts.t('page.code.nothing_came')}</h2>}
      <button type="submit" class={over ? 'primary' : undefined}>
        {texts.t(isSent ? 'page.code.resend' : 'page.code.again')}
      </button>
      {isEarly && challenge.resendAfter !== null && (
        <span class="hint">
          <Sentence text={texts.t('page.code.resend_from', { time: SLOT })}>
            <TimeOfDay page={page} at={challenge.resendAfter} seconds />
          </Sentence>
        </span>
      )}
      {isSent && !over && <HumanAsNextStep page={page} isHint />}
    </Form>
  )
}
