import type { EnrollPrompt, Weak } from '../../method.ts'
import { QUESTION_BOUNDS, questionText } from '../../topics.ts'
import { Field, Form } from '../forms.tsx'
import type { PageContext } from '../page.ts'
import { ANSWER_INPUT } from '../prompts.tsx'

type Fields = Readonly<Record<string, string | undefined>>

/** One question that was chosen, and what was typed; either may be empty. */
export type Choice = { readonly topic: string; readonly answer: string }

/** What stands in the form, as many as it has places. */
export const choicesIn = (fields: Fields): Choice[] =>
  Array.from({ length: QUESTION_BOUNDS.count.max }, (_, index) => ({
    topic: fields[topicField(index)] ?? '',
    answer: fields[answerField(index)] ?? '',
  }))

/** Answers by question, or why they cannot be judged yet. */
export function answersOf(
  choices: readonly Choice[],
): Readonly<Record<string, string>> | 'answers_missing' | 'question_twice' {
  const filled = choices.filter(({ topic, answer }) => topic !== '' || answer.trim() !== '')
  if (filled.length === 0 || filled.some(({ topic, answer }) => topic === '' || answer.trim() === ''))
    return 'answers_missing'
  const answers = new Map(filled.map(({ topic, answer }) => [topic, answer]))
  return answers.size < filled.length ? 'question_twice' : Object.fromEntries(answers)
}

const topicField = (index: number): string => `topic_${index + 1}`
const answerField = (index: number): string => `answer_${index + 1}`

type Props = {
  readonly page: PageContext
  readonly prompt: Extract<EnrollPrompt, { kind: 'questions' }>
  /** Nothing that was typed is asked for again (decisions 1.11). */
  readonly choices: readonly Choice[]
  readonly weak: Weak['weak']
}

/** A question from a list and an answer, as often as the policy says. Nobody writes questions of their own (KBQ-07). */
export function ChooseQuestions({ page, prompt, choices, weak }: Props) {
  const { texts } = page
  return (
    <Form page={page} action="/security-info/confirm" class="questions">
      <p id="prompt">
        {texts.t('page.questions.choose', { count: prompt.count })} {texts.t('page.questions.unread')}
      </p>
      {Array.from({ length: prompt.count }, (_, index) => {
        const { topic = '', answer = '' } = choices[index] ?? {}
        return (
          <div key={topicField(index)} class="pair">
            <TopicField page={page} prompt={prompt} index={index} topic={topic} />
            <AnswerField page={page} index={index} answer={answer} why={weak[topic]} />
          </div>
        )
      })}
      <button type="submit" class="primary">
        {texts.t('page.questions.submit')}
      </button>
    </Form>
  )
}

type TopicProps = Pick<Props, 'page' | 'prompt'> & { readonly index: number; readonly topic: string }

function TopicField({ page, prompt, index, topic }: TopicProps) {
  const { texts } = page
  const id = topicField(index)
  return (
    <div class="field">
      <label for={id}>{texts.t('page.questions.question', { number: index + 1 })}</label>
      <select id={id} name={id} required>
        <option value="">{texts.t('page.questions.pick')}</option>
        {prompt.questions.map(question => (
          <option key={question.id} value={question.id} selected={question.id === topic}>
            {questionText(texts, question)}
          </option>
        ))}
      </select>
    </div>
  )
}

type AnswerProps = {
  readonly page: PageContext
  readonly index: number
  readonly answer: string
  readonly why: Weak['weak'][string] | undefined
}

function AnswerField({ page, index, answer, why }: AnswerProps) {
  const { texts } = page
  const id = answerField(index)
  return (
    <>
      <Field
        id={id}
        label={texts.t('page.questions.answer', { number: index + 1 })}
        isWrong={why !== undefined}
        {...(why ? { describedBy: `${id}-why` } : {})}
        input={{ ...ANSWER_INPUT, value: answer || undefined }}
      />
      {why && (
        <p class="wrong" id={`${id}-why`}>
          {weaknessText(page, why)}
        </p>
      )}
    </>
  )
}

function weaknessText({ texts }: PageContext, why: Weak['weak'][string]): string {
  const { min, max } = QUESTION_BOUNDS.answerCharacters
  if (why === 'too_short') return texts.t('page.weak.too_short', { min })
  return why === 'too_long' ? texts.t('page.weak.too_long', { max }) : texts.t(`page.weak.${why}`)
}

/** The first field that must change: where the summary leads. */
export function fieldToMend(choices: readonly Choice[], weak: Weak['weak']): string {
  const weakAt = choices.findIndex(({ topic }) => topic in weak)
  const emptyAt = choices.findIndex(({ topic }) => topic === '')
  return weakAt >= 0 ? answerField(weakAt) : topicField(Math.max(0, emptyAt))
}
