import type { ChallengeView } from '../actions/view.ts'
import { Field, Form } from './forms.tsx'
import type { PageContext } from './page.ts'

type PromptProps = {
  readonly page: PageContext
  readonly challenge: ChallengeView
  readonly isWrong: boolean
}

/** What a page asks for, by kind of prompt; a method brings no page of its own. */
export function PromptForm(props: PromptProps) {
  switch (props.challenge.prompt.kind) {
    case 'code':
      return <CodeForm {...props} />
  }
}

/** One field that takes pasting and `one-time-code` (decisions 1.11). */
function CodeForm({ page, challenge, isWrong }: PromptProps) {
  const { texts } = page
  const isDigits = challenge.prompt.format === 'digits'
  return (
    <Form page={page} action="/reset/answer">
      <Field
        id="code"
        label={texts.t(`page.code.label.${challenge.name}`)}
        isWrong={isWrong}
        describedBy="prompt"
        input={{
          class: 'code',
          type: 'text',
          dir: 'ltr',
          inputmode: isDigits ? 'numeric' : 'text',
          autocomplete: 'one-time-code',
          autocapitalize: isDigits ? 'off' : 'characters',
          autocorrect: 'off',
          spellcheck: false,
          // Room for the spaces and hyphens that people copy along.
          maxlength: challenge.prompt.length * 2 + 2,
          size: challenge.prompt.length + 2,
          required: true,
        }}
      />
      <button type="submit" class="primary">
        {texts.t('page.code.submit')}
      </button>
    </Form>
  )
}
