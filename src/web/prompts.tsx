import type { ChallengeView } from '../actions/view.ts'
import type { CodePrompt, PasskeyPrompt, QuestionsPrompt } from '../method.ts'
import { QUESTION_BOUNDS, questionText } from '../topics.ts'
import { CodeField } from './code-field.tsx'
import { Field, Form } from './forms.tsx'
import type { PageContext } from './page.ts'

type PromptProps = {
  readonly page: PageContext
  readonly challenge: ChallengeView
  readonly isWrong: boolean
  readonly action?: string
}

/** What a page asks for, by kind of prompt; a method brings no page of its own. */
export function PromptForm(props: PromptProps) {
  const { prompt } = props.challenge
  switch (prompt.kind) {
    case 'code':
      return <CodeForm {...props} prompt={prompt} />
    case 'passkey':
      return <PasskeyForm {...props} prompt={prompt} />
    case 'questions':
      return <QuestionsForm {...props} prompt={prompt} />
  }
}

/** What the page of a prompt loads beside the portal's own script. */
export const promptScripts = ({ assets }: PageContext, { prompt }: ChallengeView): readonly string[] =>
  prompt.kind === 'passkey' ? [assets.passkey] : []

function CodeForm({
  page,
  challenge,
  isWrong,
  prompt,
  action = '/reset/answer',
}: PromptProps & { readonly prompt: CodePrompt }) {
  const { texts } = page
  return (
    <Form page={page} action={action}>
      <CodeField
        label={texts.t(`page.code.label.${challenge.name}`)}
        isWrong={isWrong}
        format={prompt.format}
        length={prompt.length}
      />
      <button type="submit" class="primary">
        {texts.t('page.code.submit')}
      </button>
    </Form>
  )
}

/**
 * The browser's own window opens with the press, never by itself (decisions 1.4). Without script there is nothing that could
 * open it: the page says so, and offers the other ways.
 */
function PasskeyForm({
  page,
  challenge,
  prompt,
  action = '/reset/answer',
}: PromptProps & { readonly prompt: PasskeyPrompt }) {
  const { texts } = page
  return (
    <Form
      page={page}
      action={action}
      class="passkey"
      data={{
        'data-passkey': JSON.stringify(prompt.options),
        'data-text-waiting': texts.t('page.passkey.waiting'),
        'data-text-nothing': texts.t('page.passkey.nothing'),
        'data-text-unsupported': texts.t('page.passkey.unsupported'),
      }}
    >
      <p class="scriptless">{texts.t('page.passkey.script')}</p>
      <input type="hidden" name="passkey" />
      <button type="submit" id="passkey" class="primary" aria-describedby="prompt" disabled>
        {texts.t(`page.code.label.${challenge.name}`)}
      </button>
      <p role="status" />
    </Form>
  )
}

/** The names of the fields of answers: the prefix, and the id of the question. */
export const ANSWER_FIELD = 'answer_'

/** All on one page; which of them was wrong is told to nobody (KBQ-04). Readable as it is typed: it is no password. */
function QuestionsForm({
  page,
  challenge,
  isWrong,
  prompt,
  action = '/reset/answer',
}: PromptProps & { readonly prompt: QuestionsPrompt }) {
  const { texts } = page
  return (
    <Form page={page} action={action} class="questions">
      <fieldset aria-describedby="prompt">
        <legend class="unseen">{texts.t(`page.code.label.${challenge.name}`)}</legend>
        {prompt.questions.map(question => (
          <Field
            key={question.id}
            id={`${ANSWER_FIELD}${question.id}`}
            label={questionText(texts, question)}
            isWrong={isWrong}
            input={ANSWER_INPUT}
          />
        ))}
      </fieldset>
      <button type="submit" class="primary">
        {texts.t('page.code.submit')}
      </button>
    </Form>
  )
}

/** Nothing that a browser keeps or corrects. */
export const ANSWER_INPUT = {
  type: 'text',
  dir: 'auto',
  autocomplete: 'off',
  autocapitalize: 'off',
  autocorrect: 'off',
  spellcheck: false,
  // Room for spaces that are not counted.
  maxlength: QUESTION_BOUNDS.answerCharacters.max * 2,
  required: true,
} as const
